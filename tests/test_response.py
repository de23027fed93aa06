import json
from dataclasses import dataclass
from typing import Annotated

import lxml.html
import pytest

from scraper import ConfigError, FetchError, Request, Response, css
from tests.pages import URL, page

BOM = b"\xef\xbb\xbf"


# Text


@pytest.mark.parametrize(
    ("content", "type", "expected"),
    [
        (BOM + "é".encode(), "text/html; charset=iso-8859-1", "utf-8"),
        (b"\xff\xfea\0", "text/html; charset=utf-8", "utf-16-le"),
        (b"<meta charset=koi8-r>", "text/html; charset=utf-8", "utf-8"),
        (b"<meta charset=koi8-r>", "text/html", "koi8-r"),
        (b"<meta charset=koi8-r>", "text/html; charset=nonsense", "koi8-r"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">', "text/html", "cp932"),
        (b"caf\xc3\xa9", "text/html", "utf-8"),
        (b"caf\xe9 \x80", "text/html", "cp1252"),
        (b"\x80", "text/html; charset=iso-8859-1", "cp1252"),
        (b"", "", "utf-8"),
    ],
)
def test_the_encoding_is_that_of_the_mark_the_header_the_page_or_the_bytes(content, type, expected):
    assert page(content, type=type).encoding == expected


def test_the_text_is_without_its_mark_and_without_bad_bytes():
    assert page(BOM + b"a\xff").text == "a�"
    assert page(b"\xfe\xff\0a", type="").text == "a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030"])
def test_text_tree_and_soup_agree_in_every_encoding(encoding):
    charset = "utf-8" if encoding.startswith("utf") else encoding
    answer = page("<p>日本語".encode(encoding), type=f"text/html; charset={charset}")
    assert answer.text == "<p>日本語"
    assert answer.tree.findtext(".//p") == answer.soup.p.text == answer.css("p::text").get() == "日本語"


def test_json_is_read_whatever_its_type():
    assert page(BOM + b'{"a": [1]}', type="text/plain").json() == {"a": [1]}


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff"])
def test_what_is_not_json_says_what_it_is(content):
    with pytest.raises(FetchError, match=f"{URL} did not answer with JSON but with 'text/html'"):
        page(content).json()


@pytest.mark.parametrize(
    ("type", "content", "expected"),
    [
        ("text/html; charset=utf-8", b"", True),
        ("Text/HTML", b"", True),
        ("application/xhtml+xml", b"", True),
        ("application/json", b"<html>", False),
        ("", b"\n <html>", True),
        ("", BOM + b"<html>", True),
        ("", b"%PDF", False),
    ],
)
def test_html_is_known_by_its_type_or_else_by_its_look(type, content, expected):
    assert page(content, type=type).is_html is expected


# The page


@pytest.mark.parametrize("content", [b"", b" \n", b"<!-- nothing -->", b"\0", b"<!doctype html>"])
def test_an_empty_body_is_an_empty_page(content):
    answer = page(content)
    assert [element.tag for element in answer.tree.iter("*")][:2] == ["html", "body"]
    assert (answer.css("a").getall(), list(answer.links("a")), answer.forms()) == ([], [], [])
    assert answer.soup.find("a") is None


def test_everything_reads_one_tree():
    answer = page("<p><a href=x>x</a><form></form>")
    tree = answer.tree
    assert answer.css("p")[0].root.getroottree().getroot() is tree
    assert answer.xpath("//p")[0].root.getroottree().getroot() is tree
    assert answer.form("form").element.getroottree().getroot() is tree
    assert answer.soup is answer.soup


def test_a_page_is_parsed_when_it_is_first_read(monkeypatch):
    parsed = []
    parse = lxml.html.document_fromstring
    monkeypatch.setattr("lxml.html.document_fromstring", lambda *a, **k: parsed.append(1) or parse(*a, **k))
    answer = page("<p>1</p>")
    assert (answer.text, answer.is_html, answer.has_password_field, parsed) == ("<p>1</p>", True, False, [])
    assert [answer.css("p::text").get(), answer.xpath("//p/text()").get()] == ["1", "1"]
    assert (list(answer.links("a")), answer.forms(), parsed) == ([], [], [1])


def test_xpath_takes_variables():
    assert page("<p id=a>1</p><p id=b>2</p>").xpath("//p[@id=$id]/text()", id="b").get() == "2"


def test_xhtml_with_a_declaration_is_read():
    html = '<?xml version="1.0" encoding="utf-8"?><html><body><p>é</p></body></html>'
    assert page(html, type="application/xhtml+xml").css("p::text").get() == "é"


def test_rejected_rows_are_collected():
    @dataclass
    class Price:
        price: Annotated[int, css("b")]

    answer = page("<p><b>1</b></p><p></p>")
    assert list(answer.items(Price, rows="p")) == [Price(1)]
    assert [reject.n for reject in answer.rejects] == [1]


def test_json_too_deep_to_be_read_is_none():
    with pytest.raises(FetchError, match="did not answer with JSON"):
        page("[" * 200_000, type="application/json").json()


def test_the_text_shown_is_without_scripts_styles_and_templates():
    html = (
        "<title>A</title><p>b <!--no-->c<script>no</script> d<style>no</style><template><b>no</b></template>e"
    )
    assert page(html).shown_text == "A b c d e"
    assert page("<div>" * 2_000 + "<p>x</p>\n" * 5_000).shown_text == " ".join("x" * 5_000)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", URL),
        ('<base target="_blank"><base href="/de/"><base href="/fr/">', "https://shop.example/de/"),
        ('<base href=" https://cdn.example/x/ ">', "https://cdn.example/x/"),
        ('<base href="http://[broken">', URL),
        ('<base href="javascript:void(0)">', URL),
    ],
)
def test_links_count_from_the_base_of_the_page(html, expected):
    assert page(html).base_url == expected


# Going on


def urls(answer: Response, selector: str) -> list[str]:
    return [request.url for request in answer.links(selector)]


def test_links_come_each_once_in_the_order_of_the_page():
    answer = page('<a href="/2">2</a><a href="/1#a">1</a><a href="/1#b">1</a><a href=" /2 ">2</a>')
    assert urls(answer, "a") == ["https://shop.example/2", "https://shop.example/1"]


def test_links_are_those_that_a_selector_matches_or_that_stand_in_what_it_matches():
    answer = page('<nav><a href="/1">1</a><p><area href="/2"></p><a>none</a></nav><link href="/3">')
    inside = ["https://shop.example/1", "https://shop.example/2"]
    assert (
        urls(answer, "nav") == urls(answer, "nav [href]::attr(href)") == urls(answer, "nav, nav a") == inside
    )
    assert urls(answer, "link") == ["https://shop.example/3"]


def test_links_are_http_only():
    html = "".join(
        f'<a href="{href}">x</a>'
        for href in ("mailto:a@b.c", "javascript:go()", "tel:1", "ftp://x/", "http://[x", "http://x:y/", "")
    )
    assert urls(page(html), "a") == [URL]


def test_links_are_allowed_only():
    answer = page('<a href="/in">1</a><a href="https://elsewhere.example/">2</a>')
    answer.allows = lambda url: url.startswith("https://shop.example/")
    assert urls(answer, "a") == ["https://shop.example/in"]


def test_a_page_that_is_not_html_has_no_links_and_no_forms():
    answer = page('<a href="/1"></a><form></form>', type="text/plain")
    assert (urls(answer, "a"), answer.forms()) == ([], [])


def test_links_go_one_step_deeper_and_to_the_callback():
    answer = page('<a href="/1">1</a>', request=Request(URL, depth=2))
    assert list(answer.links("a", callback="parse_book")) == [
        Request("https://shop.example/1", callback="parse_book", depth=3)
    ]


def test_follow_takes_an_address_or_whatever_holds_one():
    answer = page('<root/><p class=next><a href=" ../2#top ">2</a></p><img src="2.png">')
    two = "https://shop.example/2"
    targets = [
        "../2",
        " /2#top",
        two,
        answer.soup.a,
        answer.tree.find(".//a"),
        answer.css("a")[0],
        answer.css("a::attr(href)")[0],
        answer.xpath("//a/@href")[0],
    ]
    assert [answer.follow(target).url for target in targets] == [two] * len(targets)
    assert answer.follow(answer.soup.img).url == "https://shop.example/books/2.png"


def test_follow_takes_what_a_request_takes():
    request = page(request=Request(URL, depth=1)).follow(
        "/2", callback="parse_book", priority=5, method="POST"
    )
    assert (request.callback, request.priority, request.method, request.depth) == ("parse_book", 5, "POST", 2)


def test_follow_refuses_what_holds_no_address():
    answer = page("<p>1</p>")
    for target in (answer.soup.p, answer.css("p")[0], answer.css("p"), answer.soup.a):
        with pytest.raises(ConfigError, match="holds no address to follow; give a URL or an element"):
            answer.follow(target)
    for address in ("mailto:a@b.c", "http://[broken"):
        with pytest.raises(ConfigError, match="is no http or https address"):
            answer.follow(address)


# Forms


def test_a_form_is_chosen_by_itself_or_by_what_is_in_or_around_it():
    answer = page("<form id=a></form><div id=box><form id=b><p><input name=x></p></form></div>")
    assert [answer.form(selector).element.get("id") for selector in ("#b", "#box", "form p input")] == [
        "b"
    ] * 3
    assert [it.element.get("id") for it in answer.forms()] == ["a", "b"]


def test_a_form_that_is_not_there_says_which_are():
    with pytest.raises(ConfigError, match=r"has no form '#login'; it has \[<Form GET .* with q>\]"):
        page("<form><input name=q></form>").form("#login")
    with pytest.raises(ConfigError, match="it has no form at all"):
        page("<p>").form("p")


def test_the_first_forms_may_do():
    answer = page("<form id=a></form><form id=b></form><form id=c></form>")
    assert [it.element.get("id") for it in answer.forms(2)] == ["a", "b"]


def test_messages_show_no_token_of_the_address():
    answer = page("{", f"{URL}?ticket=abc", type="text/html")
    assert "?ticket=***" in repr(answer)
    with pytest.raises(FetchError, match=r"\?ticket=\*\*\* did not answer with JSON"):
        answer.json()
    with pytest.raises(ConfigError, match=r"\?ticket=\*\*\* has no form '#login'"):
        answer.form("#login")


def test_of_many_forms_a_message_names_some():
    with pytest.raises(ConfigError) as caught:
        page("<form><input name=q></form>" * 500).form("#login")
    assert str(caught.value).count("<Form ") == 20


@pytest.mark.parametrize(
    ("html", "type", "expected"),
    [
        ("<input type=password>", "text/html", True),
        ("<INPUT TYPE=' Password '>", "text/html", True),
        ("<input name=password>", "text/html", False),
        ("<p>Forgot your password?</p>", "text/html", False),
        ("<!-- <input type=password> -->", "text/html", False),
        ("<input type=password>", "text/plain", False),
    ],
)
def test_a_page_asks_for_a_password_only_where_it_has_a_field_for_it(html, type, expected):
    assert page(html, type=type).has_password_field is expected


# The rest


def test_headers_are_found_in_any_case():
    answer = Response(URL, headers={"content-type": "Application/JSON; x=y", "X-Page": "1"})
    assert (answer.headers["X-PAGE"], answer.content_type) == ("1", "application/json")


def test_an_answer_without_more_is_unknown_and_answers_a_get():
    answer = Response(URL, status=204)
    assert (answer.ok, answer.auth, answer.account, answer.epoch, answer.history) == (
        True,
        "unknown",
        None,
        0,
        (),
    )
    assert answer.request == Request(URL)
    assert repr(answer) == f"<Response 204 {URL} (unknown)>"
    assert Response(URL).status == 200
    assert [status for status in (199, 200, 299, 300, 404) if Response(URL, status=status).ok] == [200, 299]


def test_an_answer_reads_what_json_writes():
    assert page(json.dumps({"é": None})).json() == {"é": None}
