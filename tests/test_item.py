import dataclasses
import enum
import json
from decimal import Decimal
from typing import Annotated, Any, Optional

import attrs
import pydantic
import pytest

from scraper import ConfigError, Item, SelectorError, css, xpath
from scraper.record import encode
from tests.pages import page

SHOP = """
<article class="book"><h3><a href="/b/1" title="The   Moon">The  <b>Moon</b></a></h3>
  <p class="price">£51.77</p><a class="tag" href="?t=1">space</a><a class="tag" href="?t=2">old</a>
  <ul><li class="review"><b>5</b> good</li><li class="review"><b>1</b> bad</li></ul></article>
<article class="book"><h3><a href="b/2" title="Mars">Mars</a></h3><p class="price">free</p></article>
"""


class Review(Item):
    stars: int = css("b")


class Book(Item, rows="article.book"):
    title: str = css("h3 a", attr="title")
    price: Decimal = css(".price", re=r"[\d.]+")
    url: str = css("h3 a::attr(href)")
    tags: list[str] = css("a.tag")
    reviews: list[Review] = css("li.review")
    best: Review | None = css("li.review")
    subtitle: str | None = css("h4")


class Comment(Item, rows=".comments > li"):
    text: str = css(":scope > p")
    replies: list["Comment"] = css(":scope > ul > li")


class Endless(Item, rows=".comments > li"):
    replies: list["Endless"] = css("li")


def first(cls: Any, html: str, **options: Any) -> Any:
    return next(page(html, **options).items(cls))


def the_reject(cls: Any, html: str) -> tuple[int, str, str, str]:
    answer = page(html)
    assert list(answer.items(cls)) == []
    (reject,) = answer.rejects
    return reject.n, reject.type, reject.field, reject.message


# What the annotation says


def test_an_item_is_what_its_fields_say():
    assert first(Book, SHOP) == Book(
        title="The   Moon",
        price=Decimal("51.77"),
        url="https://shop.example/b/1",
        tags=["space", "old"],
        reviews=[Review(stars=5), Review(stars=1)],
        best=Review(stars=5),
        subtitle=None,
    )


def test_without_rows_a_page_gives_one_item():
    class Page(Item):
        titles: list[str] = css("h3")

    assert list(page(SHOP).items(Page)) == [Page(titles=["The Moon", "Mars"])]


def test_rows_given_with_the_question_stand_in_for_those_of_the_class():
    class Price(Item, rows=".book"):
        price: str = css(".price::text")

    assert [item.price for item in page(SHOP).items(Price, rows="article:last-child")] == ["free"]
    assert list(page(SHOP).items(Price, rows="div")) == []


def test_rows_are_inherited():
    class Titled(Book):
        title: str = css("h3")

    assert first(Titled, SHOP).title == "The Moon"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, "1"),
        (int, 1),
        (str | None, "1"),
        (Optional[int], 1),  # noqa: UP045 - written so in older code
        (int | str, "1"),
        (list[int], [1, 2, 2]),
        (list[int] | None, [1, 2, 2]),
        (set[int], {1, 2}),
        (frozenset[str], frozenset({"1", "2"})),
        (tuple[int, ...], (1, 2, 2)),
        (list, ["1", "2", "2"]),
    ],
)
def test_the_annotation_says_how_many_and_of_what_type(annotation, expected):
    cls = pydantic.create_model("Numbers", __base__=Item, n=(annotation, css("i")))
    assert first(cls, "<i>1</i><i>2</i><i>2</i>").n == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [(str | None, None), (list[str], []), (set[int], set()), (list[str] | None, [])],
)
def test_what_is_not_required_may_be_missing_on_a_page(annotation, expected):
    cls = pydantic.create_model("Sparse", __base__=Item, a=(annotation, css("i")))
    assert first(cls, "<p>").a == expected


def test_a_default_stands_in_where_nothing_matches():
    class Stock(Item):
        number: int = css("i", re=r"\d+", default=0)
        state: str | None = css("b", default="unknown")
        tags: list[str] = css("a", default=["none"])

    assert first(Stock, "<i>many</i>") == Stock(number=0, state="unknown", tags=["none"])
    assert first(Stock, "<i>3</i><b>new</b><a>x</a>") == Stock(number=3, state="new", tags=["x"])


def test_an_item_made_by_hand_may_leave_out_what_a_page_may():
    book = Book(title="Mars", price=1, url="https://shop.example/")
    assert (book.tags, book.reviews, book.best, book.subtitle) == ([], [], None, None)
    assert Comment(text="Hi").replies == []
    with pytest.raises(pydantic.ValidationError, match="price"):
        Book(title="Mars", url="https://shop.example/")


def test_an_item_has_no_field_that_is_not_declared():
    with pytest.raises(pydantic.ValidationError, match="titel"):
        Review(stars=1, titel="Mars")


def test_a_fields_own_validator_is_pydantics():
    class Loud(Item):
        title: str = css("h3")

        @pydantic.field_validator("title")
        @classmethod
        def shout(cls, title: str) -> str:
            return title.upper()

    assert first(Loud, SHOP).title == "THE MOON"


# Where it stands


def test_addresses_come_absolute_against_the_base_of_the_page():
    class Link(Item, rows="a"):
        url: str = css("a", attr="href")

    html = '<a href="/b/1">1</a><a href="b/2">2</a>'
    found = [link.url for link in page(html).items(Link)]
    based = [link.url for link in page(f'<base href="/de/">{html}').items(Link)]
    assert found == ["https://shop.example/b/1", "https://shop.example/books/b/2"]
    assert based == ["https://shop.example/b/1", "https://shop.example/de/b/2"]


def test_xpath_takes_from_the_row():
    class Row(Item, rows="article"):
        price: str = xpath(".//p[@class='price']/text()")
        first_on_page: str = xpath("//p/text()")
        id: str | None = xpath("./@id")

    assert [(row.price, row.first_on_page, row.id) for row in page(SHOP).items(Row)] == [
        ("£51.77", "£51.77", None),
        ("free", "£51.77", None),
    ]


def test_an_item_nests_in_itself():
    html = "<ul class=comments><li><p>1</p><ul><li><p>1.1</p><ul><li><p>1.1.1</p></ul></ul><li><p>2</p></ul>"
    deepest = Comment(text="1.1.1")
    assert list(page(html).items(Comment)) == [
        Comment(text="1", replies=[Comment(text="1.1", replies=[deepest])]),
        Comment(text="2"),
    ]


def test_a_selector_that_would_nest_for_ever_is_an_error_that_says_how_to_go_down():
    with pytest.raises(SelectorError, match=r"Endless.replies would nest for ever: css\('li'\).* :scope >"):
        first(Endless, "<ul class=comments><li>1</ul>")


@pytest.mark.parametrize("declare", [lambda: css("a["), lambda: xpath("//["), lambda: css("a", re="(")])
def test_a_bad_selector_is_an_error_where_it_is_written(declare):
    with pytest.raises(SelectorError):
        declare()


def test_bad_rows_are_an_error_where_they_are_written():
    with pytest.raises(SelectorError, match=r"'tr\[' is not a CSS selector"):

        class Row(Item, rows="tr["):
            pass


def test_a_page_that_is_not_html_gives_no_items():
    assert list(page('{"a": "<article class=book>"}', type="application/json").items(Book)) == []


def test_a_bad_selector_for_an_empty_list_is_an_error_where_it_is_written():
    with pytest.raises(SelectorError, match=r"'p\[' is not a CSS selector"):

        class Row(Item, rows="tr", empty="p["):
            pass


# What is made of it


TEXT = """<p> One<br>two\xa0 <b>three</b><!-- no --> <script>four()</script><style>p {}</style>
<template>five</template>\n</p><a href=" /x?q=1 " title=" a  b ">x</a><script>var a = 1</script>"""


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (css("p"), "Onetwo three"),
        (css("p", sep=" | "), "One | two | three"),
        (css("p", raw=True), " Onetwo\xa0 three \n\n"),
        (css("b", raw=True), "three"),
        (css("p::text"), "One"),
        (css("p::text", raw=True), " One"),
        (css("a", attr="href"), "https://shop.example/x?q=1"),
        (css("a", attr="href", raw=True), " /x?q=1 "),
        (css("a::attr(href)", raw=True), " /x?q=1 "),
        (css("script"), "four()"),
        (xpath("//p", sep=","), "One,two,three"),
        (css("b", clean=str.upper), "THREE"),
        (css("b", re="t(.*)", clean=[str.upper, lambda text: text[::-1]]), "EERH"),
        (css("a", attr="title", clean=str.split, default=None), ["a", "b"]),
        (css("i", clean=str.upper, default="none"), "none"),
    ],
)
def test_text_is_what_a_reader_sees_unless_the_options_say_otherwise(declared, expected):
    cls = pydantic.create_model("Text", __base__=Item, value=(Any, declared))
    assert first(cls, TEXT).value == expected


def test_text_is_that_of_beautifulsoup():
    answer = page(TEXT)
    texts = [
        " ".join(tag.get_text().split()) for tag in answer.soup.find_all(["body", "p", "b", "a", "script"])
    ]
    cls = pydantic.create_model("Text", __base__=Item, value=(list[str], css("body, p, b, a, script")))
    assert first(cls, TEXT).value == texts


@pytest.mark.parametrize("clean", [3, [str.strip, "x"]])
def test_what_cleans_nothing_is_an_error_where_it_is_written(clean):
    with pytest.raises(ConfigError, match=r"clean=.* holds what is no function"):
        css("b", clean=clean)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Typed(Item):
    color: Color = css(".color")
    colors: list[Color] = css(".color")
    link: pydantic.HttpUrl = css("a::attr(href)")
    mail: str | None = css("a", attr="data-mail")
    review: Review | None = css(".review")
    many: tuple[Review, ...] = css(".review")
    size: float = css(".size", default=1.5)


def test_types_are_those_of_pydantic_and_go_into_json():
    item = first(Typed, "<b class=color>red</b><b class=color>blue</b><a href=/x>x</a><p class=review><b>5")
    assert (item.color, item.colors, item.review) == (Color.RED, [Color.RED, Color.BLUE], Review(stars=5))
    name, data = encode(item)
    assert (name, json.loads(data)) == (
        "Typed",
        {
            "color": "red",
            "colors": ["red", "blue"],
            "link": "https://shop.example/x",
            "mail": None,
            "review": {"stars": 5},
            "many": [{"stars": 5}],
            "size": 1.5,
        },
    )


# What does not fit


def test_a_row_without_a_required_field_is_rejected_and_the_others_are_not():
    answer = page(SHOP)
    assert [item.title for item in answer.items(Book)] == ["The   Moon"]
    assert [(r.n, r.type, r.field) for r in answer.rejects] == [(1, "Book", "price")]
    assert answer.rejects[0].message == r"nothing matches css('.price', re='[\\d.]+')"


def test_a_reject_says_what_was_got_and_from_where():
    n, type_, field, message = the_reject(Review, "<b>five</b>")
    assert (n, type_, field) == (0, "Review", "stars")
    assert message.startswith("Input should be a valid integer")
    assert message.endswith("; got 'five' from css('b')")


def test_a_reject_quotes_no_more_than_an_excerpt():
    *_, message = the_reject(Review, f"<b>{'x' * 5000}</b>")
    assert "xxx... from css('b')" in message
    assert len(message) < 250


def test_a_reject_in_a_nested_item_names_the_whole_path_and_the_innermost_selector():
    class Page(Item):
        reviews: list[Review] = css("li")

    _, _, field, message = the_reject(Page, "<li><b>1</b></li><li>no stars</li>")
    assert (field, message) == ("reviews.1.stars", "nothing matches css('b')")


def test_every_field_that_does_not_fit_is_reported():
    answer = page("<article class=book></article>")
    assert list(answer.items(Book)) == []
    assert [reject.field for reject in answer.rejects] == ["title", "price", "url"]


def test_a_field_without_a_selector_is_rejected_as_such():
    class Half(Item):
        title: str = css("h3")
        other: str

    assert the_reject(Half, SHOP)[2:] == ("other", "has no selector")


def test_a_class_without_any_selector_cannot_be_extracted():
    class Plain(pydantic.BaseModel):
        title: str

    with pytest.raises(ConfigError, match=r"Plain has no field that says where it stands; give one with css"):
        first(Plain, SHOP)


def test_what_clean_raises_rejects_the_item_and_only_that():
    class Picky(Item, rows="li"):
        title: str = css("b", clean=lambda text: text.index("o") and text)
        size: int = css("i")
        words: list[str] = css("u", clean=lambda text: [][1])

    answer = page("<li><b>two</b><i>1</i><li><b>x</b><i>y</i><li><b>two</b><i>1</i><u>z</u>")
    assert [item.title for item in answer.items(Picky)] == ["two"]
    assert [(r.n, r.field, r.message) for r in answer.rejects] == [
        (1, "title", "substring not found; got 'x' from css('b')"),
        (1, "size", answer.rejects[1].message),
        (2, "words", "IndexError: list index out of range; got 'z' from css('u')"),
    ]


def test_a_reject_in_a_nested_item_that_clean_refused_names_the_path():
    class Inner(Item):
        size: int = css("b", clean=int)

    class Outer(Item):
        inner: list[Inner] = css("li")

    answer = page("<li><b>1</b><li><b id=x>two</b>")
    assert list(answer.items(Outer)) == []
    [reject] = answer.rejects
    assert (reject.field, reject.selector, reject.excerpt) == (
        "inner.1.size",
        "css('b')",
        '<b id="x">two</b>',
    )
    assert reject.message == "invalid literal for int() with base 10: 'two'; got 'two' from css('b')"


def test_a_nested_item_that_is_no_list_is_rejected_once():
    class Inner(Item):
        size: int = css("b", clean=int)

    class Outer(Item):
        inner: Inner = css("li")

    assert the_reject(Outer, "<li><b>x</b><li><b>2</b>")[2] == "inner.size"


def test_a_reject_has_page_selector_and_excerpt_of_what_stands_there():
    answer = page(
        f"<ul><li>{'word ' * 5000}<b>five</b><li a='\"'>no <i>\n stars</i>", url="https://u.example/?q=1"
    )
    list(answer.items(Review, rows="li"))
    there, missing = answer.rejects
    assert (there.selector, there.url, there.excerpt) == ("css('b')", "https://u.example/?q=1", "<b>five</b>")
    assert missing.excerpt == '<li a="&quot;">no <i> stars</i></li>'
    list(answer.items(Review))
    assert answer.rejects[2].excerpt == "<b>five</b>"
    assert list(page(f"<p>{'word ' * 5000}</p>").items(Review)) == []


def test_an_excerpt_is_short_and_keeps_what_fields_hold_to_itself():
    answer = page(f"<body><input name=token value=s3cret><p>{'word ' * 5000}</p>")
    assert list(answer.items(Review)) == []
    [reject] = answer.rejects
    assert reject.excerpt.startswith('<body><input name="token"></input><p>word word')
    assert (len(reject.excerpt), reject.excerpt[-3:]) == (200, "...")


def test_an_excerpt_keeps_what_its_names_call_secret_to_itself():
    html = (
        '<p data-token=t0ken class="a b"><a href="/x?page=2&amp;sid=s1d">to</a>'
        '<textarea name=key>th3 key</textarea><script>{"user": "ada", "jwt": "j.w.t"}</script>'
    )
    assert list(page(html).items(Review)) == []
    answer = page(html)
    list(answer.items(Review, rows="p"))
    [reject] = answer.rejects
    assert reject.excerpt == (
        '<p data-token="***" class="a b"><a href="/x?page=2&amp;sid=***">to</a>'
        '<textarea name="key"></textarea><script>{"user": "ada", "jwt": "***"}</script></p>'
    )


# Lists without rows


class Hit(Item, rows="li.hit", empty="p.none:-soup-contains('Nothing')"):
    title: str = css("b")


def test_a_page_with_the_mark_of_an_empty_list_is_empty():
    answer = page("<p class=none>Nothing found")
    assert list(answer.items(Hit)) == answer.rejects == []


def test_a_page_with_neither_rows_nor_mark_is_reported():
    answer = page("<p class=none>Try again later")
    assert list(answer.items(Hit)) == []
    [reject] = answer.rejects
    assert (reject.n, reject.type, reject.field, reject.selector) == (0, "Hit", "(rows)", "css('li.hit')")
    assert reject.message.startswith("no row matches css('li.hit'), and css(\"p.none")
    assert reject.excerpt == '<body><p class="none">Try again later</p></body>'


def test_rows_prove_that_a_list_is_not_empty_and_without_a_mark_nothing_is_reported():
    answer = page("<li class=hit><b>x</b>")
    assert [hit.title for hit in answer.items(Hit)] == ["x"]
    assert list(answer.items(Book)) == answer.rejects == []


# What was found and what was not


def test_hits_and_misses_of_every_selector_are_counted():
    answer = page(SHOP)
    list(answer.items(Book))
    list(answer.items(Book, rows="div.no"))
    assert answer.hits.counts() == {
        ("Book", "(rows)", "css('article.book')"): (2, 0),
        ("Book", "(rows)", "css('div.no')"): (0, 1),
        ("Book", "title", "css('h3 a', attr='title')"): (2, 0),
        ("Book", "price", r"css('.price', re='[\\d.]+')"): (1, 1),
        ("Book", "url", "css('h3 a::attr(href)')"): (2, 0),
        ("Book", "tags", "css('a.tag')"): (1, 1),
        ("Book", "reviews", "css('li.review')"): (1, 1),
        ("Book", "reviews.stars", "css('b')"): (2, 0),
        ("Book", "best", "css('li.review')"): (1, 1),
        ("Book", "best.stars", "css('b')"): (1, 0),
        ("Book", "subtitle", "css('h4')"): (0, 2),
    }


def test_a_class_within_itself_is_counted_in_one():
    html = "<ul class=comments><li><p>a</p><ul><li><p>b</p><ul><li><p>c</p></ul></ul></ul>"
    answer = page(html)
    assert first(Comment, html).replies[0].replies[0].text == "c"
    list(answer.items(Comment))
    counts = {field: count for (_, field, _), count in answer.hits.counts().items()}
    assert counts == {
        "(rows)": (1, 0),
        "text": (1, 0),
        "replies": (1, 0),
        "replies.text": (2, 0),
        "replies.replies": (1, 1),
    }


def test_a_value_that_does_not_convert_was_found_all_the_same():
    answer = page("<b>five</b>")
    assert list(answer.items(Review)) == []
    assert answer.hits.counts() == {("Review", "stars", "css('b')"): (1, 0)}


# Other classes


@dataclasses.dataclass
class ADataclass:
    title: Annotated[str, css("h3")]
    price: Annotated[Decimal, css(".price", re=r"[\d.]+")]
    tags: Annotated[list[str], css(".tag")]
    subtitle: Annotated[str | None, css("h4")]
    state: Annotated[str, css("h5", default="new")]
    note: Annotated[str, css("h6")] = "none"
    by_hand: int = 7


@attrs.define
class AnAttrsClass:
    title: Annotated[str, css("h3")]
    price: Annotated[Decimal, css(".price", re=r"[\d.]+")]
    tags: Annotated[list[str], css(".tag")]
    subtitle: Annotated[str | None, css("h4")]
    state: Annotated[str, css("h5", default="new")]
    note: Annotated[str, css("h6")] = "none"
    by_hand: int = 7


class AModel(pydantic.BaseModel):
    title: Annotated[str, css("h3")]
    price: Annotated[Decimal, css(".price", re=r"[\d.]+")]
    tags: Annotated[list[str], css(".tag")]
    subtitle: Annotated[str | None, css("h4")]
    state: Annotated[str, css("h5", default="new")]
    note: Annotated[str, css("h6")] = "none"
    by_hand: int = 7


@pytest.mark.parametrize("cls", [ADataclass, AnAttrsClass, AModel])
def test_annotated_says_the_same_on_any_class(cls):
    answer = page(SHOP)
    expected = cls(
        title="The Moon", price=Decimal("51.77"), tags=["space", "old"], subtitle=None, state="new"
    )
    assert list(answer.items(cls, rows="article")) == [expected]
    assert [(reject.n, reject.type, reject.field) for reject in answer.rejects] == [
        (1, cls.__name__, "price")
    ]


def test_classes_of_other_kinds_nest():
    class Shop(Item):
        books: list[ADataclass] = css("article:first-child")

    assert first(Shop, SHOP).books[0].title == "The Moon"


def test_what_an_attrs_validator_refuses_is_a_reject():
    @attrs.define
    class Rated:
        stars: Annotated[int, css("b")] = attrs.field(validator=attrs.validators.le(5))

    assert list(page("<b>5</b>").items(Rated)) == [Rated(5)]
    _, type_, field, message = the_reject(Rated, "<b>6</b>")
    assert (type_, field) == ("Rated", "(the item)")
    assert message.endswith("'stars' must be <= 5: 6; got {'stars': '6'}")


@attrs.define
class Nested:
    name: Annotated[str, css("b")]


@attrs.define
class Nesting:
    all: Annotated[list[Nested], css("li")]


def test_an_attrs_class_that_nests_another_is_a_sentence():
    with pytest.raises(ConfigError, match="attrs class Nesting is of a class that cannot be made of a page"):
        list(page("<li><b>x</b></li>").items(Nesting))
