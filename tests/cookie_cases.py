"""What a site sets, and what it then gets back: one list for our jar and for Chromium.

Each case is a walk: at each of its `exchanges` the site answers with those ``Set-Cookie`` headers, then each
address of `sent` is visited, and the ``Cookie`` header has to be what stands there ("" for none). Header
texts are octets, one a character, as on the wire. Where Chromium sends something else, `chromium` says what,
and `because` why ours differs.

Every address is a top-level navigation in Chromium, and a crawl does nothing else; SameSite does not matter
for those, so cookies of all kinds go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Exchange = tuple[str, Sequence[str]]

SHOP = "https://shop.example/"
PLAIN = "http://shop.example/"


@dataclass(frozen=True)
class Case:
    """A walk through one or more sites, in a fresh jar."""

    title: str
    exchanges: Sequence[Exchange]
    sent: Mapping[str, str]
    chromium: Mapping[str, str] = field(default_factory=dict)
    because: str = ""


def at_shop(*headers: str, sent: str) -> tuple[Sequence[Exchange], Mapping[str, str]]:
    """The simplest walk: headers set at the shop's front page, and the front page again."""
    return [(SHOP, headers)], {SHOP: sent}


def utf8(text: str) -> str:
    """The octets of a text."""
    return text.encode().decode("latin-1")


PAST = "Sat, 01 Jan 2000 00:00:00 GMT"
LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"

# A date that is understood is in the past and takes the cookie away; one that is not leaves it there.
UNDERSTOOD = (
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Thu, 01-Jan-1970 00:00:00 GMT",
    "Thursday, 01-Jan-70 00:00:00 GMT",
    "Thu Jan  1 00:00:00 1970",
    "1 jan 2000 0:0:0",
    "2000 jan 1 00:00:00",
    "00:00:00 01 Jan 2000",
    "01/Jan/2000 00:00:00",
    "2000-Jan-01 00:00:00",
    "01 January 2000 00:00:00 GMT",
    "Sat, 01 Janx 2000 00:00:00 GMT",
    "Sat, 01 Jan 2000 00:00:00 GMT+0200",
    "Sat, 01 Jan 2000 00:00:00.000 GMT",
    "Sat, 01 Jan 2000, 00:00:00",
    '"Sat, 01 Jan 2000 00:00:00 GMT"',
    "Sat, 01 Jan 20 00:00:00 GMT",
    "Sat, 01 Jan 99 00:00:00 GMT",
    "Sat, 01 Jan 1601 00:00:00 GMT",
)
NOT_UNDERSTOOD = (
    "01 01 2000 00:00:00",
    "Sat, 01 Jan 2000 00:00",
    "Sat, 31 Feb 2000 00:00:00 GMT",
    "Sat, 29 Feb 2001 00:00:00 GMT",
    "Sat, 32 Jan 2000 00:00:00 GMT",
    "Sat, 00 Jan 2000 00:00:00 GMT",
    "Sat, 01 Jan 2000 24:00:00 GMT",
    "Sat, 01 Jan 2000 23:60:00 GMT",
    "Sat, 01 Jan 2000 23:59:60 GMT",
    "Sat, 01 Jan 2000 100:00:00 GMT",
    "Sat, 001 Jan 2000 00:00:00 GMT",
    "Sat, 01Jan2000 00:00:00",
    utf8("Sat, 01 Jän 2000 00:00:00 GMT"),
    "2000-01-01T00:00:00Z",
    "946684800",
    "0",
    "-1",
    "",
)


def expiring(dates: Sequence[str]) -> list[str]:
    """A cookie for each date: d0, d1, and so on."""
    return [f"d{n}=1; Expires={date}" for n, date in enumerate(dates)]


def names(prefix: str, first: int, last: int) -> str:
    """The header of numbered cookies."""
    return "; ".join(f"{prefix}{n:03}=1" for n in range(first, last))


CASES = (
    # Names and values
    Case("a cookie comes back", *at_shop("sid=1", sent="sid=1")),
    Case(
        "cookies come back in the order in which they came",
        *at_shop("b=1", "a=1", "c=1", sent="b=1; a=1; c=1"),
    ),
    Case("the last value of a name counts", *at_shop("a=1", "a=2", sent="a=2")),
    Case("names differ by case", *at_shop("sid=1", "SID=2", sent="sid=1; SID=2")),
    Case("the value goes on after the first equals sign", *at_shop("a=b=c==", sent="a=b=c==")),
    Case("a value may be empty", *at_shop("a=", "b", sent="a=; b")),
    Case("space around name and value is cut", *at_shop(" \t a \t = \t 1 \t ; Path=/", sent="a=1")),
    Case("space within stays", *at_shop("a b=c d", sent="a b=c d")),
    Case("quotes are part of the value", *at_shop('a="1"', 'b="x;y"', sent='a="1"; b="x')),
    Case("a comma ends nothing", *at_shop("a=1,b=2", sent="a=1,b=2")),
    Case("escapes stay as they are", *at_shop("a=%20+%3B", sent="a=%20+%3B")),
    Case(
        "octets beyond ASCII stay as they are",
        *at_shop(utf8("a=ü"), "b=\xe9\xff", sent=utf8("a=ü; b=") + "\xe9\xff"),
    ),
    Case(
        "names may be odd",
        *at_shop("a[b]=1", "$Version=1", "d@e=1", '"f"=1', sent='a[b]=1; $Version=1; d@e=1; "f"=1'),
    ),
    Case("names may be those of attributes", *at_shop("Path=1", "Secure=1", sent="Path=1; Secure=1")),
    Case("without an equals sign it is a value without a name", *at_shop("foo", sent="foo")),
    Case("with nothing before the equals sign too", *at_shop("=foo", sent="foo")),
    Case("there is one cookie without a name", *at_shop("foo", "=bar", sent="bar")),
    Case("nothing at all is no cookie", *at_shop("", "=", ";", "; Path=/", "  ", "a=1", sent="a=1")),
    Case("a value without a name has no equals sign", *at_shop("=a=b", "==", "c=1", sent="c=1")),
    Case(
        "control characters spoil the cookie",
        *at_shop("a=\x01", "b\x02=1", "c=\x7f", "d=1; Path=/\x03", "e=1; foo=\x1f", "f=1", sent="f=1"),
    ),
    Case("so does a tab within", *at_shop("a=1\t2", "b\t3=1", "c=1", sent="c=1")),
    Case(
        "a tab within an attribute does not",
        *at_shop("a=1; foo\tbar=1", "b=1", sent="a=1; b=1"),
        chromium={SHOP: "b=1"},
        because="the RFC lets tabs pass, and an attribute is never sent",
    ),
    Case("space around attributes is cut", *at_shop("a=1;\t SECURE \t;\tpath = / \t", sent="a=1")),
    Case("4096 bytes of name and value are kept", *at_shop("a=" + "x" * 4095, sent="a=" + "x" * 4095)),
    Case("4097 are not", *at_shop("a=" + "x" * 4096, "n" * 4097, "b=1", sent="b=1")),
    # Attributes
    Case(
        "attributes are read in any case and unknown ones skipped",
        [(SHOP, ["a=1; sEcUrE=no; PATH=/; Foo=Bar; Version=1; Port=8080;;", "b=1;httponly;samesite=lax"])],
        {SHOP: "a=1; b=1", PLAIN: "b=1"},
    ),
    Case(
        "an attribute of more than 1024 bytes is skipped",
        [(SHOP, ["a=1; Path=/" + "y" * 1023, "b=1; Path=/" + "y" * 1024, "c=1; Domain=" + "y" * 1025])],
        {SHOP: "b=1; c=1", SHOP + "y" * 1023: "a=1; b=1; c=1"},
    ),
    # Expiry
    Case("dates as servers write them are understood", *at_shop(*expiring(UNDERSTOOD), "a=1", sent="a=1")),
    Case(
        "other dates are skipped",
        *at_shop(*expiring(NOT_UNDERSTOOD), sent="; ".join(f"d{n}=1" for n in range(len(NOT_UNDERSTOOD)))),
    ),
    Case(
        "dates that the RFC and Chromium read differently",
        *at_shop(
            *expiring(
                (
                    "Sat, 01 Jan 1600 00:00:00 GMT",
                    "Sat, 01 Jan 02000 00:00:00 GMT",
                    "Sat, 01 Jan 2000 00:00:000 GMT",
                    "Sat, 01 Jan 2000 00:00:00x GMT",
                    "Sat, 01x Jan 2000 00:00:00 GMT",
                )
            ),
            sent="d0=1; d1=1; d2=1",
        ),
        chromium={SHOP: "d3=1; d4=1"},
        because="5.1.1 of the RFC: years from 1601 on, of 4 digits; time fields of 2; letters may follow",
    ),
    Case("a date in the future keeps it", *at_shop("a=1; Expires=Fri, 01 Jan 2066 00:00:00 GMT", sent="a=1")),
    Case(
        "the last date counts",
        *at_shop(f"a=1; Expires={PAST}; Expires=Fri, 01 Jan 2066 00:00:00 GMT", sent="a=1"),
    ),
    Case(
        "the last date that is one counts",
        *at_shop(f"a=1; Expires={PAST}; Expires=soon", "b=1", sent="b=1"),
        chromium={SHOP: "a=1; b=1"},
        because="the RFC skips what is no date; Chromium lets it stand for both",
    ),
    Case(
        "Max-Age of zero or less takes the cookie away",
        *at_shop("a=1; Max-Age=0", "b=1; Max-Age=-1", "c=1", sent="c=1"),
    ),
    Case(
        "Max-Age goes before Expires",
        *at_shop(
            f"a=1; Max-Age=100; Expires={PAST}",
            f"b=1; Expires={PAST}; Max-Age=100",
            "c=1; Max-Age=0; Expires=Fri, 01 Jan 2066 00:00:00 GMT",
            sent="a=1; b=1",
        ),
    ),
    Case(
        "the last Max-Age counts",
        *at_shop("a=1; Max-Age=0; Max-Age=100", "b=1; Max-Age=100; Max-Age=0", sent="a=1"),
    ),
    Case("Max-Age may be huge", *at_shop("a=1; Max-Age=99999999999999999999999999", sent="a=1")),
    Case(
        "Max-Age that is no number is skipped",
        *at_shop(
            "a=1; Max-Age=",
            "b=1; Max-Age=x",
            'c=1; Max-Age="0"',
            "d=1; Max-Age=-",
            "e=1; Max-Age=--1",
            f"f=1; Max-Age=x; Expires={PAST}",
            f"g=1; Max-Age=1.5; Expires={PAST}",
            sent="a=1; b=1; c=1; d=1; e=1",
        ),
    ),
    Case(
        "Max-Age has no plus sign",
        *at_shop(f"a=1; Max-Age=+100; Expires={PAST}", "b=1", sent="b=1"),
        chromium={SHOP: "a=1; b=1"},
        because="the RFC asks for a digit or a minus first",
    ),
    Case(
        "the last Max-Age that is one counts",
        *at_shop("a=1; Max-Age=0; Max-Age=x", "b=1", sent="b=1"),
        chromium={SHOP: "a=1; b=1"},
        because="the RFC skips what is no number; Chromium lets it stand for both",
    ),
    Case(
        "a cookie is taken away by its name, domain and path",
        [
            (SHOP, ["a=1", "b=1; Path=/x", "c=1; Domain=shop.example", "d=1"]),
            (SHOP, [f"a=; Expires={LONG_AGO}", "b=; Max-Age=0", "c=; Max-Age=0", "d=; Max-Age=0; Path=/y"]),
        ],
        {SHOP: "c=1; d=1", SHOP + "x": "b=1; c=1; d=1"},
    ),
    # Paths
    Case(
        "without Path it is the directory of the page",
        [
            (SHOP + "p", ["a=1"]),
            (SHOP + "p/", ["b=1"]),
            (SHOP + "p/q?x=/y/z", ["c=1"]),
            (SHOP + "p//q", ["d=1"]),
        ],
        {SHOP: "a=1", SHOP + "p": "b=1; c=1; a=1", SHOP + "p/": "d=1; b=1; c=1; a=1", SHOP + "pq": "a=1"},
    ),
    Case(
        "a path matches whole segments",
        [(SHOP, ["a=1; Path=/a", "b=1; Path=/a/", "c=1; Path=/A", "d=1; Path=//"])],
        {
            SHOP + "a": "a=1",
            SHOP + "a/": "b=1; a=1",
            SHOP + "a/b": "b=1; a=1",
            SHOP + "ab": "",
            SHOP + "A": "c=1",
        },
    ),
    Case(
        "a path that does not begin with a slash is the default",
        [(SHOP + "a/b", ["a=1; Path=x", "b=1; Path=", 'c=1; Path="/"', "d=1; Path"])],
        {SHOP + "a": "a=1; b=1; c=1; d=1", SHOP: ""},
    ),
    Case(
        "the last path counts",
        [(SHOP + "a/b", ["a=1; Path=/x; Path=/", "b=1; Path=/; Path=", "c=1; Path=/; Path=x"])],
        {SHOP: "a=1", SHOP + "a": "b=1; c=1; a=1"},
    ),
    Case(
        "paths are compared as they are written",
        [
            (
                SHOP,
                [
                    "a=1; Path=/a b",
                    "b=1; Path=/a%20b",
                    "c=1; Path=/~u",
                    "d=1; Path=/%7Eu",
                    utf8("e=1; Path=/ü"),
                    "f=1; Path=/a?b",
                ],
            )
        ],
        {
            SHOP + "a%20b": "b=1",
            SHOP + "~u": "c=1",
            SHOP + "%7Eu": "d=1",
            SHOP + "%C3%BC": "",
            SHOP + "a?b": "",
        },
    ),
    Case(
        "a page may set cookies for paths of others",
        [(SHOP + "a/b", ["a=1; Path=/x/y"])],
        {SHOP + "x/y/z": "a=1", SHOP + "a/b": ""},
    ),
    Case(
        "longer paths go first, then older cookies",
        [(SHOP + "a/b", ["a=1; Path=/", "b=1; Path=/a", "c=1; Path=/a/b", "d=1; Path=/", "e=1; Path=/a"])],
        {SHOP + "a/b": "c=1; b=1; e=1; a=1; d=1"},
    ),
    Case(
        "the same name at two paths is two cookies",
        [(SHOP + "a/b", ["a=1; Path=/", "a=2; Path=/a"])],
        {SHOP + "a": "a=2; a=1", SHOP: "a=1"},
    ),
    Case("setting the same value again keeps the place", *at_shop("a=1", "b=1", "a=1", sent="a=1; b=1")),
    Case(
        "setting another value keeps the place",
        *at_shop("a=1", "b=1", "a=2", sent="a=2; b=1"),
        chromium={SHOP: "b=1; a=2"},
        because="the RFC keeps the creation time (5.7); Chromium only where the value stays",
    ),
    # Domains
    Case(
        "without Domain it is the host's alone",
        [(SHOP, ["a=1"])],
        {SHOP: "a=1", "https://www.shop.example/": "", "https://example/": ""},
    ),
    Case(
        "Domain spans what is below, with or without the dot",
        [
            (
                "https://www.shop.example/",
                ["a=1; Domain=shop.example", "b=1; Domain=.Shop.Example", "c=1; Domain=www.shop.example"],
            )
        ],
        {
            SHOP: "a=1; b=1",
            "https://www.shop.example/": "a=1; b=1; c=1",
            "https://x.www.shop.example/": "a=1; b=1; c=1",
            "https://notshop.example/": "",
        },
    ),
    Case(
        "Domain has to be the host or above it",
        [
            (
                "https://a.shop.example/",
                [
                    "a=1; Domain=b.shop.example",
                    "b=1; Domain=x.a.shop.example",
                    "c=1; Domain=hop.example",
                    "d=1; Domain=other.example",
                    "e=1; Domain=..shop.example",
                    "f=1; Domain=*.shop.example",
                ],
            )
        ],
        {"https://a.shop.example/": "", "https://b.shop.example/": "", SHOP: ""},
    ),
    Case(
        "Domain is a name and nothing else",
        [
            (
                SHOP,
                [
                    'a=1; Domain="shop.example"',
                    "b=1; Domain=shop.example:443",
                    "c=1; Domain=https://shop.example",
                    "d=1; Domain=shop.example.",
                    "e=1; Domain=sh%6fp.example",
                    "f=1; Domain=.",
                ],
            )
        ],
        {SHOP: ""},
    ),
    Case(
        "an empty Domain is the host, and the last one counts",
        [
            (
                SHOP,
                [
                    "a=1; Domain=",
                    "b=1; Domain",
                    "c=1; Domain=shop.example; Domain=",
                    "d=1; Domain=other.example; Domain=shop.example",
                    "e=1; Domain=shop.example; Domain=other.example",
                ],
            )
        ],
        {SHOP: "a=1; b=1; c=1; d=1", "https://x.shop.example/": "d=1"},
    ),
    Case(
        "a cookie of the host and one of the domain are two",
        [(SHOP, ["a=host", "a=domain; Domain=shop.example"])],
        {SHOP: "a=host; a=domain", "https://x.shop.example/": "a=domain"},
    ),
    Case(
        "hosts are compared in lower case",
        [("https://WWW.Shop.Example/", ["a=1; Domain=SHOP.example"])],
        {"https://www.shop.example/": "a=1"},
    ),
    Case(
        "a host with a dot at its end is another host",
        [("https://www.shop.example./", ["a=1", "b=1; Domain=shop.example", "c=1; Domain=shop.example."])],
        {"https://www.shop.example./": "a=1; c=1", "https://www.shop.example/": ""},
    ),
    Case(
        "cookies are the same for all ports",
        [("http://shop.example:8080/", ["a=1"])],
        {PLAIN: "a=1", "http://shop.example:8081/": "a=1"},
    ),
    Case(
        "international names go by their ASCII form",
        [("https://bücher.example/", ["a=1; Domain=xn--bcher-kva.example"])],
        {"https://xn--bcher-kva.example/": "a=1", "https://www.xn--bcher-kva.example/": "a=1"},
    ),
    Case(
        "Domain beyond ASCII is refused",
        [("https://bücher.example/", [utf8("a=1; Domain=bücher.example")])],
        {"https://xn--bcher-kva.example/": ""},
        chromium={"https://xn--bcher-kva.example/": "a=1"},
        because="the RFC refuses it (5.7); Chromium has that behind a switch",
    ),
    # Public suffixes
    Case(
        "no cookie spans a public suffix",
        [("https://evil.co.uk/", ["a=1; Domain=co.uk", "b=1; Domain=uk", "c=1; Domain=evil.co.uk"])],
        {"https://good.co.uk/": "", "https://evil.co.uk/": "c=1", "https://www.evil.co.uk/": "c=1"},
    ),
    Case(
        "nor a private one",
        [("https://evil.github.io/", ["a=1; Domain=github.io", "b=1; Domain=evil.github.io"])],
        {"https://good.github.io/": "", "https://evil.github.io/": "b=1", "https://github.io/": ""},
    ),
    Case(
        "a public suffix may set one for itself",
        [("https://github.io/", ["a=1; Domain=github.io"])],
        {"https://github.io/": "a=1", "https://good.github.io/": ""},
    ),
    Case(
        "wildcards and exceptions of the list hold",
        [
            ("https://a.b.kobe.jp/", ["a=1; Domain=b.kobe.jp", "b=1; Domain=kobe.jp"]),
            ("https://x.city.kobe.jp/", ["c=1; Domain=city.kobe.jp"]),
        ],
        {"https://b.kobe.jp/": "", "https://city.kobe.jp/": "c=1"},
    ),
    Case(
        "a last label that is on no list is a public suffix",
        [("http://www.intranet/", ["a=1; Domain=intranet", "b=1; Domain=www.intranet"])],
        {"http://www.intranet/": "b=1", "http://other.intranet/": ""},
    ),
    Case(
        "a name of one label is its own",
        [("http://intranet/", ["a=1; Domain=intranet", "b=1; Domain=.intranet", "c=1"])],
        {"http://intranet/": "a=1; b=1; c=1", "http://www.intranet/": ""},
    ),
    # IP addresses
    Case(
        "an IP address has nothing above it",
        [
            (
                "http://10.0.0.1/",
                [
                    "a=1; Domain=0.0.1",
                    "b=1; Domain=1",
                    "c=1; Domain=10.0.0.1",
                    "d=1; Domain=.10.0.0.1",
                    "e=1",
                ],
            )
        ],
        {"http://10.0.0.1/": "c=1; d=1; e=1", "http://11.0.0.1/": ""},
    ),
    Case(
        "nor has one of IPv6",
        [("http://[2001:db8::1]/", ["a=1", "b=1; Domain=[2001:db8::1]", "c=1; Domain=2001:db8::1"])],
        {
            "http://[2001:db8::1]/": "a=1; b=1",
            "http://[2001:db8:0:0::1]/": "a=1; b=1",
            "http://[2001:db8::2]/": "",
        },
    ),
    # Secure
    Case(
        "Secure goes over https alone",
        [(SHOP, ["a=1; Secure", "b=1"])],
        {SHOP: "a=1; b=1", PLAIN: "b=1"},
    ),
    Case("Secure is not set over http", [(PLAIN, ["a=1; Secure", "b=1"])], {SHOP: "b=1", PLAIN: "b=1"}),
    Case(
        "loopback may set Secure and gets it",
        [
            ("http://localhost/", ["a=1; Secure"]),
            ("http://x.localhost/", ["b=1; Secure"]),
            ("http://127.9.9.9/", ["c=1; Secure"]),
            ("http://[::1]/", ["d=1; Secure"]),
        ],
        {
            "http://localhost/": "a=1",
            "http://x.localhost/": "b=1",
            "http://127.9.9.9/": "c=1",
            "http://[::1]/": "d=1",
        },
    ),
    Case(
        "other private addresses may not",
        [("http://10.0.0.1/", ["a=1; Secure"]), ("http://localhost.example/", ["b=1; Secure"])],
        {"http://10.0.0.1/": "", "http://localhost.example/": ""},
    ),
    Case(
        "localhost does not span what is below",
        [("http://x.localhost/", ["a=1; Domain=localhost", "b=1; Domain=x.localhost"])],
        {"http://localhost/": "", "http://x.localhost/": "b=1", "http://y.x.localhost/": "b=1"},
    ),
    Case(
        "http does not replace a Secure cookie",
        [(SHOP, ["a=1; Secure"]), (PLAIN, ["a=2", "a=; Max-Age=0", "b=1"])],
        {SHOP: "a=1; b=1", PLAIN: "b=1"},
    ),
    Case(
        "nor lay one over it on its path or below",
        [
            (SHOP, ["a=1; Secure; Path=/login"]),
            (PLAIN, ["a=2; Path=/login", "a=3; Path=/login/en", "a=4; Path=/", "a=5; Path=/log"]),
        ],
        {SHOP + "login/en": "a=1; a=4", SHOP + "log": "a=5; a=4"},
    ),
    Case(
        "nor from a site above or below",
        [
            ("https://x.shop.example/", ["a=1; Secure"]),
            (PLAIN, ["a=2", "a=3; Domain=shop.example"]),
            ("http://y.x.shop.example/", ["a=4; Domain=x.shop.example"]),
            ("http://y.shop.example/", ["a=5"]),
        ],
        {"https://x.shop.example/": "a=1", SHOP: "", "https://y.shop.example/": "a=5"},
    ),
    Case(
        "https replaces a Secure cookie with a plain one",
        [(SHOP, ["a=1; Secure"]), (SHOP, ["a=2"])],
        {PLAIN: "a=2"},
    ),
    Case(
        "loopback over http may replace a Secure cookie",
        [("https://localhost/", ["a=1; Secure"]), ("http://localhost/", ["a=2"])],
        {"http://localhost/": "a=2"},
    ),
    # SameSite
    Case(
        "SameSite in all its forms comes back",
        *at_shop(
            "a=1; SameSite=Strict",
            "b=1; SameSite=lax",
            "c=1; SameSite=None; Secure",
            "d=1; SameSite=odd",
            "e=1; SameSite",
            sent="a=1; b=1; c=1; d=1; e=1",
        ),
    ),
    Case(
        "SameSite=None asks for Secure",
        *at_shop(
            "a=1; SameSite=None",
            "b=1; SameSite=Lax; SameSite=None",
            "c=1; SameSite=None; SameSite=Lax",
            "d=1; SameSite=None; SameSite=odd",
            sent="c=1; d=1",
        ),
    ),
    Case(
        "SameSite does not matter on top-level navigation",
        [
            (SHOP, ["a=1; SameSite=Strict", "b=1; SameSite=Lax"]),
            ("https://other.example/", ["c=1; SameSite=Strict"]),
        ],
        {SHOP: "a=1; b=1", "https://other.example/": "c=1"},
    ),
    # Prefixes
    Case(
        "__Secure- asks for Secure",
        *at_shop(
            "__Secure-a=1",
            "__Secure-b=1; Secure",
            "__secure-c=1",
            "__SECURE-d=1; Secure",
            sent="__Secure-b=1; __SECURE-d=1",
        ),
    ),
    Case(
        "__Host- asks for Secure, Path=/ and no Domain",
        *at_shop(
            "__Host-a=1; Secure; Path=/",
            "__Host-b=1; Secure",
            "__Host-c=1; Path=/",
            "__Host-d=1; Secure; Path=/x",
            "__Host-e=1; Secure; Path=/; Domain=shop.example",
            "__host-f=1; Secure; Path=/; Domain=shop.example",
            "__HOST-g=1; Path=/; Secure",
            "__Host-=1; Path=/; Secure",
            sent="__Host-a=1; __HOST-g=1; __Host-=1",
        ),
    ),
    Case("an empty Domain is none", *at_shop("__Host-a=1; Secure; Path=/; Domain=", sent="__Host-a=1")),
    Case(
        "__Host- is not set over http",
        [(PLAIN, ["__Host-a=1; Secure; Path=/", "__Secure-b=1; Secure"])],
        {SHOP: ""},
    ),
    Case(
        "but by loopback",
        [("http://localhost/", ["__Host-a=1; Secure; Path=/", "__Secure-b=1; Secure"])],
        {"http://localhost/": "__Host-a=1; __Secure-b=1"},
    ),
    Case(
        "an IP address may name itself",
        [("http://127.0.0.1/", ["__Host-a=1; Secure; Path=/; Domain=127.0.0.1"])],
        {"http://127.0.0.1/": "__Host-a=1"},
    ),
    Case(
        "a value without a name does not imitate a prefix",
        *at_shop("__Host-a", "=__Secure-b; Secure", "__HTTP-c; Secure; HttpOnly", "d=1", sent="d=1"),
    ),
    Case(
        "__Http- asks for HttpOnly",
        *at_shop(
            "__Http-a=1; Secure",
            "__Http-b=1; Secure; HttpOnly",
            "__http-c=1; HttpOnly",
            "__Host-Http-d=1; Secure; Path=/",
            "__Host-Http-e=1; Secure; Path=/; HttpOnly",
            sent="__Http-b=1; __Host-Http-e=1",
        ),
    ),
    Case(
        "Partitioned changes nothing",
        *at_shop("a=1; Partitioned; Secure", "b=1; Partitioned", sent="a=1; b=1"),
        chromium={SHOP: "a=1"},
        because="the RFC does not know it; Chromium asks for Secure with it, and sends at top level as we do",
    ),
    # Numbers
    Case(
        "180 cookies of a host are kept", *at_shop(*names("c", 0, 180).split("; "), sent=names("c", 0, 180))
    ),
    Case(
        "of 181 the one longest unused goes",
        *at_shop(*names("c", 0, 181).split("; "), sent=names("c", 1, 181)),
        chromium={SHOP: names("c", 31, 181)},
        because="Chromium sweeps down to 150 at once",
    ),
    Case(
        "Secure cookies are the last to go",
        *at_shop("s=1; Secure", *names("c", 0, 180).split("; "), sent="s=1; " + names("c", 1, 180)),
        chromium={SHOP: "s=1; " + names("c", 31, 180)},
        because="Chromium sweeps down to 150 at once",
    ),
    Case(
        "hosts of one site count each for itself",
        [("https://x.shop.example/", names("x", 0, 100).split("; ")), (SHOP, names("c", 0, 100).split("; "))],
        {"https://x.shop.example/": names("x", 0, 100), SHOP: names("c", 0, 100)},
        chromium={"https://x.shop.example/": names("x", 31, 100)},
        because="the RFC counts by the cookie's domain (5.7), Chromium by the registrable one",
    ),
)
