"""An answer or a clear error for every page of `hostile_pages`, read alone and in a crawl."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scraper import FetchError, Item, Request, Response, ScraperError, Spider, crawl, css, xpath
from scraper.export import export
from scraper.record import encode
from tests.commands import scraper
from tests.hostile_pages import BOMB, JSON, OUTSIDE, PAGES, RSS, UTF_8, XML, attributes
from tests.pages import page
from tests.servers import Asked, Reply, serving

NO_XML = {"xml-deep", "xml-empty", "xml-that-is-none", "xml-that-is-html", "bomb", "bomb-in-an-attribute"}
NO_JSON = {"json-deep", "json-number", "json-cut-off"}
FORMATS = ("csv", "json", "jsonl")

xml_as_html = pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning")


class Paragraph(Item, rows="p"):
    text: str = css("*", default="")
    title: str | None = xpath("@title")


def hostile(name: str) -> Response:
    type, body = PAGES[name]
    return page(body, type=type)


# One by one

READERS: dict[str, Callable[[Response], Any]] = {
    "text": lambda answer: answer.text.encode(),
    "css": lambda answer: [answer.css("p::text").getall(), answer.css("body").get()],
    "xpath": lambda answer: answer.xpath("string()").get(),
    "items": lambda answer: [*answer.items(Paragraph), answer.rejects],
    "links": lambda answer: [*answer.links("a"), *answer.links("*")],
    "forms": lambda answer: [repr(form) for form in answer.forms()],
    "shown_text": lambda answer: answer.shown_text.encode(),
    "ways_out": lambda answer: answer.ways_out,
    "passwords": lambda answer: answer.password_names,
    "soup": lambda answer: [str(answer.soup), answer.soup.get_text().encode()],
    "json": lambda answer: answer.json(),
}


@xml_as_html
@pytest.mark.parametrize("name", PAGES)
def test_each_way_to_read_a_page_gives_an_answer_or_an_error_of_ours(name):
    for read in READERS.values():
        with suppress(ScraperError):
            read(hostile(name))


@pytest.mark.parametrize("name", PAGES)
def test_only_xml_that_cannot_be_read_has_no_tree(name):
    answer = hostile(name)
    if name in NO_XML:
        with pytest.raises(FetchError, match=r"did not answer with readable XML: it [a-z ,]+\."):
            answer.css("p")
    else:
        assert answer.tree.tag is not None


# Encodings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("header-unknown", "<p>é"),
        ("header-no-text", "<p>00"),
        ("utf-7", "<p>+ADw-script+AD4-"),
        ("mark-against-header", "<p>é"),
        ("mark-alone", ""),
        ("utf-16", "<p>é"),
        ("utf-16-odd", "<p>é�"),
        ("utf-16-unmarked", "<p>é"),
        ("utf-16-halves", "<p>�</p>�"),
        ("utf-8-cut-off", "<p>Größe 日�"),
        ("utf-8-of-halves", "<p>������"),
        ("shift-jis-cut-off", "<p>日本�"),
    ],
)
def test_what_an_encoding_does_not_have_is_replaced(name, expected):
    assert hostile(name).text == expected


@pytest.mark.parametrize(
    "name", ["xhtml-against-itself", "xml-against-itself", "xml-of-nonsense", "xml-utf-16"]
)
def test_a_declaration_that_the_bytes_contradict_does_not_count(name):
    answer = hostile(name)
    assert answer.css("p::text").get() == answer.soup.p.text == "é"


def test_a_megabyte_of_script_before_the_declaration_leaves_it_unread():
    answer = page(b"<script>" + b"x" * 1_000_000 + b"</script><meta charset=koi8-r>", type="text/html")
    assert answer.encoding == "utf-8"


def test_few_letters_beyond_ascii_are_taken_for_latin():
    assert page("<p>£51.77".encode("cp1252"), type="text/html").css("p::text").get() == "£51.77"
    assert page("<p>naïve résumé – “ja”".encode("cp1252"), type="text/html").encoding == "cp1252"


def test_much_text_is_judged_by_its_beginning():
    content = ("<p>Каталог книг</p><li>Цена 100 р.</li>" * 5_000).encode("cp1251")
    assert page(content, type="text/html").text.endswith("100 р.</li>")


# Characters


def test_nul_and_halves_of_characters_are_replaced_in_text_and_names():
    assert hostile("nul").css("p::text").get() == "t�u"
    assert hostile("references").text.startswith("<p>&#xD800;")
    assert hostile("references").css("p::text").get().startswith("����")
    assert hostile("xml-characters").xpath("string()").get() == "a�bÿ�d���x"


# Size and depth


@pytest.mark.parametrize("depth", [600, 2_000, 2_100, 10_000])
def test_what_stands_deep_down_and_behind_it_is_read(depth):
    html = "<div>" * depth + "<p>deep</p><a href=/1>1</a>" + "</div>" * depth + "<p>behind</p>"
    answer = page(html)
    assert answer.css("p::text").getall() == ["deep", "behind"]
    assert [request.url for request in answer.links("a")] == ["https://shop.example/1"]
    assert answer.shown_text == "deep 1 behind"


def test_elements_too_deep_become_siblings_as_in_browsers():
    answer = page("<div>" * 3_000 + "x</div>y")
    assert answer.xpath("count(//div)").get() == "3000.0"
    assert max(len(list(it.iterancestors())) for it in answer.tree.iter("div")) == 512
    assert type(answer.tree) is type(page("<p>").tree)


@pytest.mark.parametrize("between", [b" ", b"/", b" b='>' "])
def test_of_an_element_crowded_with_attributes_the_first_ones_are_read(between):
    answer = page(attributes(100_000, between))
    names = [name for name in answer.css("p")[0].attrib if name != "b"]
    assert names in ([f"a{n}" for n in range(1024)], [f"a{n}" for n in range(1023)])
    assert answer.css("p::text").getall() == ["x", "y"]


def test_long_values_and_texts_do_not_make_an_element_crowded():
    html = f"<p title='{'a' * 1_000_000}' class=b>{'word ' * 100_000}</p>"
    assert set(page(html).css("p")[0].attrib) == {"title", "class"}


@pytest.mark.parametrize("content", ["<!-- <a " + "1 " * 10_000 + "-->", "<a " + "1 " * 10_000, "<" * 10_000])
def test_a_crowded_page_without_elements_is_an_empty_page(content):
    assert [it.tag for it in page(content).tree.iter("html", "body")] == ["html", "body"]


def test_links_of_nested_containers_come_each_once():
    html = "<div>" * 1_500 + "".join(f"<a href=/{n}>x</a>" for n in range(5_000))
    assert len(list(page(html).links("div"))) == 5_000


def test_an_address_inside_of_what_was_searched_still_counts():
    answer = page("<div><p><link href=/1><a href=/2>2</a></p></div>")
    assert [it.url[-2:] for it in answer.links("div, p, link")] == ["/2", "/1"]


# XML


class Entry(Item, rows="item"):
    title: str = css("title")
    published: str = xpath("./pubDate")
    text: str = css("description")


FEED = """<?xml version="1.0"?><rss><channel><item><title>A &amp; B</title><link>/1</link>
<pubDate>today</pubDate><description><![CDATA[<b>bold</b>]]></description></item></channel></rss>"""


def test_a_feed_is_read_as_xml():
    answer = page(FEED, type=RSS)
    assert (answer.is_xml, answer.is_html) == (True, False)
    assert list(answer.items(Entry)) == [Entry(title="A & B", published="today", text="<b>bold</b>")]
    assert answer.css("pubDate::text").get() == answer.soup.find("pubDate").text == "today"
    assert [request.url for request in answer.links("item link::text")] == ["https://shop.example/1"]


def test_links_go_on_from_xml_that_cannot_be_read():
    assert hostile("xml-empty").follow("/1").url == "https://shop.example/1"


def test_names_of_xml_belong_to_their_namespaces():
    feed = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/1'/></entry></feed>"
    answer = page(feed, type="application/atom+xml")
    assert answer.xpath("//a:link/@href", namespaces={"a": "http://www.w3.org/2005/Atom"}).get() == "/1"
    assert list(answer.links("link")) == []
    answer.selector.remove_namespaces()
    assert [request.url for request in answer.links("link")] == ["https://shop.example/1"]


def test_no_entity_is_expanded_and_nothing_is_fetched():
    assert page(OUTSIDE, type=XML).xpath("string(//r)").get() == "b"
    assert page(BOMB + b"<r>&b;<p>1</p></r>", type=XML).css("p::text").get() == "1"
    asked: list[Asked] = []
    with serving(lambda it: asked.append(it) or Reply()) as server:
        document = f"<!DOCTYPE r SYSTEM '{server.url('/dtd')}'><r><p>&y;1</p></r>"
        answer = page(document, type=XML)
        assert (answer.css("p").getall(), answer.soup.p.name, asked) == (["<p>&y;1</p>"], "p", [])


# JSON


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("json-mark", {"p": "1"}),
        ("json-utf-16", {"p": "é"}),
        ("json-latin", {"p": "é"}),
        ("json-halves", {"p": "�", "�": "😀"}),
    ],
)
def test_json_is_read_in_any_encoding(name, expected):
    assert hostile(name).json() == expected


@pytest.mark.parametrize("name", sorted(NO_JSON))
def test_json_that_cannot_be_read_says_why(name):
    with pytest.raises(FetchError, match=r"did not answer with JSON but with 'application/json': .*[a-z]"):
        hostile(name).json()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (rb'["\ud83d\ude00"]', "😀"),
        (rb'["\ud83d\ud83d\ude00"]', "�😀"),
        (rb'["\ude00"]', "�"),
        (rb'["\ud55c\uad6d"]', "한국"),
        ('["한국"]'.encode(), "한국"),
        (b'["\xed\xa0\xbd"]', "�"),
        ('["\ud83d"]'.encode("utf-16-le", "surrogatepass"), "�"),
    ],
)
def test_no_half_of_a_character_comes_out_of_json(content, expected):
    assert page(content, type=JSON).json() == [expected]


# A crawl

HALF = "a\ud800b"


class Halves(Spider):
    """A spider whose scripts hand on halves of characters."""

    obey_robots, retry = False, 1

    def parse(self, response: Response) -> Any:
        yield {"text": [HALF, {"nan": float("nan")}]}
        yield Request(response.url + "?" + HALF, callback="fail", meta={"half": HALF})
        yield from response.items(Number)

    def fail(self, response: Response) -> Any:
        raise ValueError(HALF + response.request.meta["half"])


class Number(Item):
    number: int = css("p")


def test_halves_of_characters_harm_neither_job_nor_exports(job, tmp_path):
    with serving(lambda asked: Reply(headers=[("Content-Type", UTF_8)], body=b"<p>&#xD800;")) as server:
        crawl(Halves(start_urls=[server.url()]), job)
    assert list(job.items()) == [("item", {"text": ["a�b", {"nan": None}]})]
    (url, error), *more = job.failures()
    assert (url, more) == (server.url("/?a�b"), [])
    assert error.startswith("ValueError: a�ba�b (test_hostile_pages.py, line ")
    assert [reject.message.count("�") for _, reject in job.rejects()] == [1]
    for format in FORMATS:
        assert export(job.items, str(tmp_path / f"items.{format}")) == 1
        assert "a�b" in (tmp_path / f"items.{format}").read_text(encoding="utf-8")


def test_what_cannot_be_written_as_json_is_refused_still():
    with pytest.raises(ValueError, match="Unable to serialize"):
        encode({"a": object()})


class Everything(Spider):
    """Reads each page in every way."""

    item, follow, obey_robots, retry = Paragraph, "a", False, 1

    def parse(self, response: Response) -> Any:
        yield from super().parse(response)
        for read in READERS.values():
            with suppress(FetchError):
                yield {"read": str(read(response))[:1000]}


def serve(asked: Asked) -> Reply:
    type, body = PAGES.get(asked.path[1:], (UTF_8, b""))
    links = "".join(f"<a href='/{name}'>{name}</a>" for name in PAGES)
    if asked.path == "/":
        type, body = UTF_8, links.encode()
    return Reply(headers=[("Content-Type", type)] if type else [], body=body)


@xml_as_html
def test_a_crawl_of_all_of_them_comes_to_its_end(job, tmp_path):
    with serving(serve) as server:
        crawl(Everything(start_urls=[server.url()]), job)
        failed = {url.removeprefix(server.url()): error for url, error in job.failures()}
    assert job.noted("state") == "finished"
    assert set(failed) == NO_XML
    assert all("did not answer with readable XML" in error for error in failed.values())
    counts = job.counts()
    assert counts.queued == 0
    assert counts.done >= 1 + len(PAGES) - len(NO_XML)
    for format in FORMATS:
        assert export(job.items, str(tmp_path / f"items.{format}")) == counts.items
    csv.field_size_limit(100_000_000)
    rows = 0
    for path in tmp_path.glob("items.*.csv"):  # one for each type
        with path.open(newline="", encoding="utf-8") as stream:
            rows += sum(1 for _ in csv.reader(stream)) - 1
    assert rows == counts.items
    assert len(json.loads((tmp_path / "items.json").read_text(encoding="utf-8"))) == counts.items


SPIDER = """
from scraper import Item, Spider, css

class Paragraph(Item, rows="p"):
    text: str = css("*", default="")

class Plain(Spider):
    start_urls, item, follow, obey_robots, retry = ("{url}",), Paragraph, "a", False, 1
"""


def test_the_command_ends_with_one_and_sentences(tmp_path: Path):
    with serving(serve) as server:
        (tmp_path / "plain.py").write_text(SPIDER.format(url=server.url()))
        done = scraper("run", "plain.py", "-o", "items.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert "did not answer with readable XML" in done.stderr
    assert (tmp_path / "items.jsonl").stat().st_size > 0
