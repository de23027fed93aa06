"""Pages that no site should send, and some do: broken, huge, deep, lying about what they are."""

from __future__ import annotations

import codecs
import zlib

HTML, UTF_8, XML, JSON = "text/html", "text/html; charset=utf-8", "application/xml", "application/json"
XHTML, RSS = "application/xhtml+xml", "application/rss+xml"

BYTES = bytes(range(256))
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Length 3000/Filter/FlateDecode>>\nstream\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\6\0\0\0"
ENTITIES = b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
BOMB = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">%s]>' % ENTITIES
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;<p>b</p></r>'
TABLES = b"<table><tr><p>1<td><table><a href=/1>2<tr></td></table>3"


def attributes(count: int, between: bytes = b" ") -> bytes:
    """A page with one crowded element."""
    return b"<p %s>x</p><p>y" % between.join(b"a%d='1'" % n for n in range(count))


PAGES: dict[str, tuple[str, bytes]] = {
    # Encodings
    "header-unknown": ("text/html; charset=nonsense", "<p>é".encode()),
    "header-no-text": ("text/html; charset=hex", b"<p>00"),
    "header-bytes": ("text/html; charset=\xe9\xff", b"<p>1"),
    "header-broken": ('text/html; charset="utf-8', b"<p>1"),
    "utf-7": ("text/html; charset=utf-7", b"<p>+ADw-script+AD4-"),
    "meta-no-text": (HTML, b"<meta charset=idna><p>\xe9"),
    "mark-against-header": ("text/html; charset=koi8-r", codecs.BOM_UTF8 + "<p>é".encode()),
    "mark-alone": (HTML, codecs.BOM_UTF8),
    "mark-halved": (HTML, b"\xef\xbb"),
    "utf-16": (HTML, "<p>é".encode("utf-16")),
    "utf-16-odd": (HTML, "<p>é".encode("utf-16") + b"<"),
    "utf-16-unmarked": (HTML, "<p>é".encode("utf-16-le")),
    "utf-16-halves": (
        "text/html; charset=utf-16le",
        "<p>\ud83d</p>\udc00".encode("utf-16-le", "surrogatepass"),
    ),
    "utf-16-of-junk": ("text/html; charset=utf-16", BYTES * 8),
    "utf-8-cut-off": (UTF_8, "<p>Größe 日本".encode()[:-1]),
    "utf-8-of-halves": (UTF_8, b"<p>\xed\xa0\x80\xed\xb0\x80"),
    "shift-jis-cut-off": ("text/html; charset=shift_jis", "<p>日本語".encode("shift_jis")[:-1]),
    "iso-2022-jp-open": ("text/html; charset=iso-2022-jp", b"<p>\x1b$B$"),
    "mixed": (HTML, "<p>Größe".encode() + "</p><p>Straße".encode("cp1252") + "Привет".encode("koi8-r")),
    # Characters
    "nul": (UTF_8, b"a\0b<p cla\0ss='x\0y'>t\0u</p><a hr\0ef=/1 href='/\0'>1</a><sc\0ript>"),
    "nul-only": (UTF_8, b"\0" * 100_000),
    "references": (
        UTF_8,
        b"<p>&#xD800;&#xDC00;&#0;&#x110000;&#99999999999999999999;&#xFFFF;&nosuch;&#;&</p>",
    ),
    "references-in-links": (UTF_8, b"<a href='/&#xD800;?q=&#0;&#xDFFF;'>1</a><p>1</p>"),
    "controls": (UTF_8, b"<p>" + bytes(range(32)) + b"\x7f\xc2\x80\xef\xbf\xbf\xf0\x9f\xbf\xbf</p>"),
    # Size and depth
    "attribute-of-a-megabyte": (UTF_8, b"<p class='%s' title='%s'>x" % (b"a" * 1_000_000, b"<>" * 500_000)),
    "attributes": (UTF_8, attributes(100_000)),
    "attributes-by-slash": (UTF_8, attributes(100_000, b"/")),
    "attributes-that-hide-their-end": (UTF_8, attributes(100_000, b" b='>' ")),
    "text-of-megabytes": (UTF_8, b"<p>" + b"x " * 6_000_000),
    "tag-name-of-a-megabyte": (UTF_8, b"<p>1</p><" + b"x" * 1_000_000 + b">"),
    "tag-without-end": (UTF_8, b"<p>1</p><a href='" + b"x " * 500_000),
    "deep": (UTF_8, b"<div>" * 10_000 + b"<p>x<a href=/1>1</a>"),
    "deepest": (UTF_8, b"<div>" * 50_000 + b"<p>x"),
    "deep-and-closed": (UTF_8, b"<div>" * 10_000 + b"x" + b"</div>" * 10_000 + b"<p>y"),
    "deep-formatting": (UTF_8, b"<b><i><a href=/1>" * 4_000 + b"<p>x"),
    "unclosed": (UTF_8, b"<p><b><i>" * 33_000 + b"x"),
    "closed-only": (UTF_8, b"</div></p></b>" * 50_000 + b"<p>x"),
    "less-than": (UTF_8, b"<" * 500_000),
    "ampersands": (UTF_8, b"&" * 500_000),
    "comments-unclosed": (UTF_8, b"<p>1</p>" + b"<!--" * 100_000),
    "forms-in-forms": (UTF_8, b"<form action=/1><input name=a>" * 5_000),
    "options": (UTF_8, b"<form><select>" + b"<option>" * 50_000),
    # Markup
    "tables": (UTF_8, TABLES * 200),
    "cdata": (UTF_8, b"<p><![CDATA[<b>1</b>]]></p>"),
    "conditional-comments": (UTF_8, b"<!--[if IE]><p>ie</p><![endif]--><![if !IE]><p>1</p><![endif]>"),
    "frameset": (UTF_8, b"<frameset><frame src=/1><noframes><p>1</noframes></frameset><p>2"),
    "plaintext": (UTF_8, b"<p>1<plaintext></p><a href=/1>"),
    "script-unclosed": (UTF_8, b"<p>1</p><script>'</p>"),
    "template": (UTF_8, b"<p>1</p><template><p>2<template><p>3"),
    "svg": (UTF_8, b"<svg><p>1<foreignObject><math><mi><p>2"),
    "base-broken": (UTF_8, b"<base href='http://[x'><a href=//[>1</a><a href='http://x:99999/'>2</a><p>1"),
    "doctype-long": (UTF_8, b"<!DOCTYPE " + b"x" * 100_000 + b"><p>1"),
    "bomb-in-html": (UTF_8, BOMB + b"<p>&j;</p>"),
    # Nothing, or something else
    "empty": (UTF_8, b""),
    "blank": (UTF_8, b" \r\n\t\f " * 1000),
    "no-type": ("", b"<p>1"),
    "no-type-no-text": ("", BYTES),
    "binary": (HTML, BYTES * 2_000),
    "pdf": (HTML, PDF + zlib.compress(BYTES * 9) + b"\nendstream"),
    "image": (HTML, PNG + BYTES * 20),
    "image-as-image": ("image/png", PNG),
    "json-as-html": (HTML, b'{"a": "<p>1</p>"}'),
    "address": (HTML, b"http://shop.example/"),
    # XML
    "xhtml": (XHTML, b"<html xmlns='http://www.w3.org/1999/xhtml'><p>1<br/></p></html>"),
    "xhtml-against-itself": (XHTML, b'<?xml version="1.0" encoding="utf-16"?><html><p>\xc3\xa9</p></html>'),
    "xml-against-itself": (XML, b'<?xml version="1.0" encoding="utf-16"?><r><p>\xc3\xa9</p></r>'),
    "xml-of-nonsense": (XML, b'<?xml version="1.0" encoding="nonsense"?><r><p>\xe9</p></r>'),
    "xml-utf-16": (XML, '<?xml version="1.0" encoding="utf-16"?><r><p>é</p></r>'.encode("utf-16")),
    "xml-characters": (XML, b"<r>a\1b\xff<p>\0d</p>&nbsp;<e>&#0;&#xd800;&#x110000;x</e></r>"),
    "xml-deep": (XML, b"<r>" + b"<b>" * 10_000 + b"<p>y"),
    "xml-attributes": (XML, b"<r %s><p>1</p></r>" % b" ".join(b"a%d='1'" % n for n in range(30_000))),
    "xml-unclosed": (XML, b"<r><p>1</p><p>2"),
    "xml-twice": (XML, b"<r><p>1</p></r><r/>"),
    "xml-late": (XML, b"\n <?xml version='1.0'?><r><p>1</p></r>"),
    "xml-empty": (XML, b""),
    "xml-that-is-none": (XML, b"no"),
    "xml-that-is-html": (XML, b"<!doctype html><p>1<br>2"),
    "bomb": (XML, BOMB + b"<r><p>&j;</p></r>"),
    "bomb-in-an-attribute": (XML, BOMB + b"<r x='&j;'><p>1</p></r>"),
    "entity-outside": (XML, OUTSIDE),
    "dtd-outside": (XML, b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:1/'><r><p>1&nbsp;2</p></r>"),
    "rss": (RSS, b"<rss><item><p>1</p><link>/1</link></item></rss>"),
    # JSON
    "json-mark": (JSON, codecs.BOM_UTF8 + b'{"p": "1"}'),
    "json-utf-16": (JSON, '{"p": "é"}'.encode("utf-16")),
    "json-latin": ("application/json; charset=latin1", b'{"p": "\xe9"}'),
    "json-halves": (JSON, rb'{"p": "\ud83d", "\udc00": "\ud83d\ude00"}'),
    "json-nan": (JSON, b'{"p": [NaN, -Infinity, 1e999]}'),
    "json-deep": (JSON, b"[" * 100_000),
    "json-nested": (JSON, b'{"p":' * 700 + b"1" + b"}" * 700),
    "json-number": (JSON, b"9" * 5_000),
    "json-cut-off": (JSON, b'{"p": '),
}
