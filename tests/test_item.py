import dataclasses
from decimal import Decimal
from typing import Annotated, Any, Optional

import attrs
import pydantic
import pytest

from scraper import ConfigError, Item, SelectorError, css, xpath
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
