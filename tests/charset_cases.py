"""In which encoding a page is read: one list for us and for Chromium.

Each case is a body and the ``Content-Type`` it came with; `encoding` is Python's name of what we read it in.
Where Chromium's `document.characterSet` is another, `chromium` says which, and `because` why ours differs.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

RUSSIAN = "Привет, мир. Это небольшая страница о книгах и авторах, которые писали на русском языке."
JAPANESE = "これは日本語で書かれた本についての小さなページです。図書館で新しい本を借りました。"
CHINESE = "这是一个关于书籍和作者的小页面。我们在图书馆借了一本新书。"
TAIWANESE = "這是一個關於書籍和作者的小頁面。我們在圖書館借了一本新書。"
KOREAN = "이것은 책과 저자에 관한 작은 페이지입니다. 우리는 도서관에서 새 책을 빌렸습니다."
GREEK = "Αυτή είναι μια μικρή σελίδα για βιβλία και συγγραφείς που γράφουν στα ελληνικά."
HEBREW = "זהו עמוד קטן על ספרים וסופרים שכתבו בעברית במשך שנים רבות."
ARABIC = "هذه صفحة صغيرة عن الكتب والمؤلفين الذين كتبوا باللغة العربية."
THAI = "นี่คือหน้าเล็กๆเกี่ยวกับหนังสือและนักเขียนที่เขียนเป็นภาษาไทย"
FRENCH = "Ceci est une petite page sur les livres. Élève, forêt, garçon, où, déjà vu, «voilà» à 5 £."
SWEDISH = "En liten sida om böcker och författare på svenska: å, ä, ö. Hälsningar från Göteborg."

HTML = "text/html"
REPLACED = "a page of one U+FFFD helps nobody, so the next source counts"
NEVER_UTF_8 = "Chromium guesses anything but UTF-8, lest authors rely on it"
NULS = "a page with a NUL behind each letter helps nobody"
IN_ASCII = "it is in ASCII, which is UTF-8 too"


@dataclass(frozen=True)
class Case:
    """A body, how it came, and how it is read."""

    title: str
    type: str
    body: bytes
    encoding: str
    chromium: str = ""
    because: str = ""


def meta(label: str) -> bytes:
    """A page that declares an encoding."""
    return f"<!doctype html><meta charset={label}><p>x".encode()


def pragma(content: str, name: str = "Content-Type") -> bytes:
    """A page that declares its type in the older way."""
    return f'<!doctype html><meta http-equiv="{name}" content="{content}"><p>x'.encode()


def headed(label: str) -> str:
    """A header that names an encoding."""
    return f"text/html; charset={label}"


def said(text: str, encoding: str) -> bytes:
    """A page that declares nothing."""
    return f"<!doctype html><title>x</title><p>{text}".encode(encoding)


LABELS = {
    "iso-8859-1": "cp1252",
    "Latin1": "cp1252",
    "us-ascii": "cp1252",
    "x-cp1252": "cp1252",
    "iso88592": "iso8859-2",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "visual": "iso8859-8",
    "sun_eu_greek": "iso8859-7",
    "koi": "koi8-r",
    "koi8-ru": "koi8-u",
    "mac": "mac-roman",
    "x-mac-ukrainian": "mac-cyrillic",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "cn-big5": "big5hkscs",
    "x-euc-jp": "euc_jp",
    "shift_jis": "cp932",
    "ms_kanji": "cp932",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "iso-2022-jp": "iso2022_jp",
    "unicode-1-1-utf-8": "utf-8",
    "unicode": "utf-16-le",
}
UNKNOWN = (
    "nonsense",
    "utf-7",
    "utf-32",
    "hex",
    "idna",
    "unicode_escape",
    "cp850",
    "utf8mb4",
    "none",
    "utf_8",
)

CASES = [
    *(Case(f"header {label}", headed(label), b"<p>x", name) for label, name in LABELS.items()),
    *(
        Case(f"meta behind an unknown header {label}", headed(label), meta("koi8-r"), "koi8-r")
        for label in UNKNOWN
    ),
    *(
        Case(f"header {label}", headed(label), meta("koi8-r"), "koi8-r", "replacement", REPLACED)
        for label in ("hz-gb-2312", "iso-2022-kr", "iso-2022-cn", "replacement")
    ),
    Case(
        "header x-user-defined",
        headed("x-user-defined"),
        meta("koi8-r"),
        "koi8-r",
        "x-user-defined",
        "its letters belong to a font of the site's own",
    ),
    # The mark
    Case("mark of UTF-8 against the header", headed("iso-8859-1"), codecs.BOM_UTF8 + b"<p>x", "utf-8"),
    Case("mark of UTF-8 against the meta", HTML, codecs.BOM_UTF8 + meta("koi8-r"), "utf-8"),
    Case("mark of UTF-16LE against the header", headed("utf-8"), b"\xff\xfe<\0p\0>\0", "utf-16-le"),
    Case("mark of UTF-16BE against the header", headed("utf-8"), b"\xfe\xff\0<\0p\0>", "utf-16-be"),
    Case("mark of UTF-32LE", HTML, b"\xff\xfe\0\0<\0\0\0", "utf-16-le"),
    Case("half a mark", headed("koi8-r"), b"\xef\xbb<p>x", "koi8-r"),
    # The header
    Case("header against the meta", headed("utf-8"), meta("koi8-r"), "utf-8"),
    Case("header in quotes", 'text/html; charset="koi8-r"', b"<p>x", "koi8-r"),
    Case("header in capitals", "TEXT/HTML;CHARSET=KOI8-R", b"<p>x", "koi8-r"),
    Case("header behind another parameter", "text/html; a=b; charset=koi8-r; c=d", b"<p>x", "koi8-r"),
    Case("header inside another parameter", 'text/html; a="; charset=koi8-r"', meta("cp1251"), "cp1251"),
    Case("header twice", "text/html; charset=koi8-r; charset=cp1251", b"<p>x", "koi8-r"),
    Case("header of two headers", "text/html; charset=koi8-r, text/html; charset=cp1251", b"<p>x", "cp1251"),
    Case("header with a blank", "text/html; charset= koi8-r", b"<p>x", "koi8-r"),
    Case("header in single quotes", "text/html; charset='koi8-r'", meta("cp1251"), "cp1251"),
    Case("header without a value", "text/html; charset=", meta("cp1251"), "cp1251"),
    # The meta
    Case("meta", HTML, meta("koi8-r"), "koi8-r"),
    Case("meta in quotes", HTML, meta("' koi8-r '"), "koi8-r"),
    Case("meta in capitals", HTML, b"<META CHARSET=KOI8-R>", "koi8-r"),
    Case("meta of UTF-16", HTML, meta("utf-16"), "utf-8"),
    Case("meta of UTF-16BE", HTML, meta("utf-16be"), "utf-8"),
    Case("meta x-user-defined", HTML, meta("x-user-defined"), "cp1252"),
    Case("pragma", HTML, pragma("text/html; charset=koi8-r"), "koi8-r"),
    Case("pragma with blanks", HTML, pragma("text/html; charset = koi8-r"), "koi8-r"),
    Case("pragma in quotes", HTML, pragma("text/html; charset='koi8-r'"), "koi8-r"),
    Case("pragma without a type", HTML, pragma("charset=koi8-r;x"), "koi8-r"),
    Case(
        "content without a pragma", HTML, pragma("text/html; charset=koi8-r", "x") + meta("cp1251"), "cp1251"
    ),
    Case("two metas", HTML, meta("koi8-r") + meta("cp1251"), "koi8-r"),
    Case("meta behind an unknown one", HTML, meta("nonsense") + meta("cp1251"), "cp1251"),
    Case("meta in a comment", HTML, b"<!-- " + meta("koi8-r") + b" -->" + meta("cp1251"), "cp1251"),
    Case("meta behind the shortest comment", HTML, b"<!-->" + meta("koi8-r"), "koi8-r"),
    Case("meta in an attribute", HTML, b"<p title='<meta charset=koi8-r>'>" + meta("cp1251"), "cp1251"),
    Case("meta in a script", HTML, b"<script>'<meta charset=koi8-r>'</script>" + meta("cp1251"), "cp1251"),
    Case("meta in the body", HTML, b"<body><p>" + meta("koi8-r"), "koi8-r"),
    Case("meta with a slash", HTML, b"<meta/charset=koi8-r />", "koi8-r"),
    Case(
        "meta given twice",
        HTML,
        b"<meta charset=koi8-r charset=cp1251>",
        "koi8-r",
        "windows-1251",
        "the standard takes the first of two attributes",
    ),
    Case(
        "meta late in the head",
        HTML,
        b"<title>x</title><style>%s</style>" % (b"a{}" * 500) + meta("koi8-r"),
        "koi8-r",
    ),
    Case(
        "meta late in the body",
        HTML,
        b"<p>%s" % (b"a " * 600) + meta("koi8-r"),
        "utf-8",
        "windows-1252",
        IN_ASCII,
    ),
    Case(
        "meta behind the end of the data",
        HTML,
        b"<p>x<meta charset=koi8-r",
        "utf-8",
        "windows-1252",
        IN_ASCII,
    ),
    # XML
    Case("declaration in HTML", HTML, b'<?xml version="1.0" encoding="koi8-r"?><p>x', "koi8-r"),
    Case(
        "declaration and meta in HTML",
        HTML,
        b'<?xml version="1.0" encoding="cp1251"?>' + meta("koi8-r"),
        "koi8-r",
    ),
    Case(
        "declaration in XHTML",
        "application/xhtml+xml",
        b'<?xml version="1.0" encoding="koi8-r"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
        "koi8-r",
    ),
    Case(
        "nothing in XHTML", "application/xhtml+xml", b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "utf-8"
    ),
    # Nothing is said
    Case("ASCII", HTML, b"<p>x", "utf-8", "windows-1252", IN_ASCII),
    Case("UTF-8", HTML, said(FRENCH, "utf-8"), "utf-8", "windows-1252", NEVER_UTF_8),
    Case("UTF-8 cut off", HTML, said(RUSSIAN, "utf-8")[:-2], "utf-8", "windows-1252", NEVER_UTF_8),
    Case(
        "UTF-8 with a stray byte",
        HTML,
        said(RUSSIAN, "utf-8") + b"\xff",
        "utf-8",
        "windows-1252",
        NEVER_UTF_8,
    ),
    Case("a little Latin", HTML, b"caf\xe9", "cp1252"),
    Case("French", HTML, said(FRENCH, "cp1252"), "cp1252"),
    Case("Swedish", HTML, said(SWEDISH, "cp1252"), "cp1252"),
    Case("Russian", HTML, said(RUSSIAN, "cp1251"), "cp1251"),
    Case("Russian, KOI8", HTML, said(RUSSIAN, "koi8-r"), "koi8-r"),
    Case("Japanese", HTML, said(JAPANESE, "cp932"), "cp932"),
    Case("Japanese, EUC", HTML, said(JAPANESE, "euc_jp"), "euc_jp"),
    Case("Chinese", HTML, said(CHINESE, "gb18030"), "gb18030"),
    Case("Chinese, Big5", HTML, said(TAIWANESE, "big5hkscs"), "big5hkscs"),
    Case("Korean", HTML, said(KOREAN, "cp949"), "cp949"),
    Case(
        "Greek", HTML, said(GREEK, "cp1253"), "cp1253", "ISO-8859-7", "the letters used are the same in both"
    ),
    Case("Hebrew", HTML, said(HEBREW, "cp1255"), "cp1255"),
    Case("Arabic", HTML, said(ARABIC, "cp1256"), "cp1256"),
    Case("Thai", HTML, said(THAI, "cp874"), "cp874"),
    Case("UTF-16LE without a mark", HTML, said("x", "utf-16-le"), "utf-16-le", "windows-1252", NULS),
    Case("UTF-16BE without a mark", HTML, said("x", "utf-16-be"), "utf-16-be", "windows-1252", NULS),
]
