import pytest

from scraper import ConfigError, Item, Response, SelectorError, css, json_ld, json_path, meta
from scraper.selector.script import TRIES, documents_in
from tests.pages import page

BOOKS = """{"data": {"total": 2, "books": [
  {"title": "The Moon", "price": "51.77", "tags": ["space", null, "old"], "by": {"name": "Ada"}, "id": 7},
  {"title": "Mars", "price": null, "tags": [], "by": null, "id": 0}]}}"""


class Author(Item):
    name: str = json_path("name")


class Book(Item, rows=json_path("data.books")):
    title: str = json_path("title")
    price: float = json_path("price")
    tags: list[str] = json_path("tags")
    by: Author | None = json_path("by")
    id: int = json_path("id")


def answer(text: str, type: str = "application/json") -> Response:
    return page(text, type=type)


# JSON answers


def test_each_element_of_a_list_in_a_json_answer_is_an_item():
    response = answer(BOOKS)
    [book] = response.items(Book)
    assert book == Book(title="The Moon", price=51.77, tags=["space", "old"], by=Author(name="Ada"), id=7)
    [reject] = response.rejects
    assert (reject.n, reject.field, reject.message) == (1, "price", "nothing matches json_path('price')")
    assert reject.excerpt.startswith('{"title": "Mars", "price": null')


def test_an_excerpt_of_json_keeps_what_its_names_call_secret_to_itself():
    response = answer('{"title": null, "refresh_token": "letters", "keys": {"pin": 1, "api_key": ""}}')
    assert list(response.items(Author)) == []
    excerpt = '{"title": null, "refresh_token": "***", "keys": {"pin": 1, "api_key": ""}}'
    assert response.rejects[0].excerpt == excerpt


def test_without_rows_an_answer_is_one_item():
    class Total(Item):
        total: int = json_path("data.total")
        titles: list[str] = json_path("data.books[].title")
        first: str = json_path("data.books[0].title", re=r"\w+$", clean=str.upper)
        more: str | None = json_path("data.more")
        page: int = json_path("data.page", default=1)

    assert list(answer(BOOKS).items(Total)) == [
        Total(total=2, titles=["The Moon", "Mars"], first="MOON", more=None, page=1)
    ]


def test_json_is_known_by_its_type_or_by_its_look():
    for type in ("application/json", "application/vnd.api+json", "text/plain", ""):
        assert len(list(answer(BOOKS, type).items(Book))) == 1


def test_each_kind_of_class_is_taken_from_its_kind_of_answer():
    class Heading(Item):
        text: str = css("h1")

    for response in (answer(BOOKS), answer("%PDF-1.7", "application/pdf")):
        assert list(response.items(Heading)) == response.rejects == []
    for response in (page("<h1>x</h1>"), answer("%PDF-1.7", "application/pdf")):
        assert list(response.items(Book)) == response.rejects == []


def test_json_that_was_promised_and_is_none_is_an_error():
    with pytest.raises(Exception, match="did not answer with JSON but with 'application/json'"):
        list(answer("<h1>Oops</h1>").items(Book))


def test_an_empty_list_in_json_may_have_a_mark():
    class Marked(Book, empty=json_path("data.total == `0`")):
        pass

    empty, broken = answer('{"data": {"total": 0, "books": []}}'), answer('{"error": "later"}')
    assert list(empty.items(Marked)) == empty.rejects == list(broken.items(Marked)) == []
    [reject] = broken.rejects
    assert (reject.field, reject.selector, reject.excerpt) == (
        "(rows)",
        "json_path('data.books')",
        '{"error": "later"}',
    )


def test_what_is_no_jmespath_is_found_where_it_is_written():
    with pytest.raises(SelectorError, match=r"'\[' is no JMESPath expression"):
        json_path("[")
    with pytest.raises(SelectorError, match=r"'a\[' is not a CSS selector"):
        json_path("a", script="a[")


def test_one_declaration_is_a_field_and_an_indicator():
    user = json_path("user.id")
    assert repr(user) == "json_path('user.id')"
    assert user(answer('{"user": {"id": 7}}'))
    assert not any(user(answer(text)) for text in ('{"user": null}', '{"user": {"id": ""}}', "[]", "no json"))
    state = json_path("user", script="script")
    assert state(page('<script>window.S = {"user": 1}</script>'))
    assert not state(page("<script>window.S = 1</script>"))
    assert not state(answer('{"user": 1}'))


# JSON in pages


class State(Item):
    title: str = css("h1")
    price: float = json_path("book.price", script="script")
    tags: list[str] = json_path("book.tags", script="script")


@pytest.mark.parametrize(
    "script",
    [
        '{"book": {"price": 9.5, "tags": ["a"]}}',
        'window.__STATE__ = {"book": {"price": 9.5, "tags": ["a"]}};',
        'var a = ["x"], f = function () {}; window["S"]={"book":{"price":9.5,"tags":["a"]}}; f({});',
        '// <![CDATA[\nvar S = {"book": {"price": 9.5, "tags": ["a"]}}\n//]]>',
        '<!-- {"book": {"price": 9.5, "tags": ["a"],},} -->',
        'self.push({"other": 1}); self.push({"book": {"price": 9.5, "tags": ["a"], "text": "line\nbreak"}})',
    ],
)
def test_json_inside_of_a_script_is_found_whatever_stands_around_it(script):
    response = page(f"<h1>x</h1><script>{script}</script>")
    assert list(response.items(State)) == [State(title="x", price=9.5, tags=["a"])], response.rejects


def test_rows_may_be_a_list_inside_of_a_script():
    class Row(Item, rows=json_path("props.books", script="script#__NEXT_DATA__")):
        title: str = json_path("title")

    data = '{"props": {"books": [{"title": "a"}, {"title": "b"}]}}'
    html = f'<script>var x = 1</script><script id=__NEXT_DATA__ type="application/json">{data}</script>'
    assert [row.title for row in page(html).items(Row)] == ["a", "b"]


def test_a_script_that_never_becomes_json_is_given_up():
    assert documents_in("={" * 100_000) == ()
    assert documents_in("={x}" * (TRIES - 1) + '={"a": 1}') == ({"a": 1},)


def test_a_script_is_read_once_for_all_fields():
    documents_in.cache_clear()
    list(page('<h1>x</h1><script>{"book": {"price": 1}}</script>').items(State))
    assert documents_in.cache_info().misses == 1


# Meta and JSON-LD


META = """<meta name=Description content="All of  it"><meta property="og:title" content="The Moon">
<meta property="og:image" content=a.png><meta property="og:image" content=b.png>
<meta itemprop=price content=9.5>
<meta name=empty><meta name='it"s' content=quoted>"""


def test_meta_gives_the_content_of_meta_elements():
    class Page(Item):
        title: str = meta("og:title")
        about: str = meta("description", re="(.*)  it")
        images: list[str] = meta("og:image")
        price: float = meta("price")
        quoted: str = meta('it"s')
        empty: str | None = meta("empty")
        none: str = meta("none", default="-")

    [item] = page(META).items(Page)
    assert item == Page(
        title="The Moon", about="All of", images=["a.png", "b.png"], price=9.5, quoted="quoted", none="-"
    )
    response = page("<p>x</p>")
    assert list(response.items(Page)) == []
    assert response.rejects[0].selector == "meta('og:title')"


LINKED = """<script type="application/ld+json">
// <![CDATA[
{"@context": "https://schema.org", "@graph": [
  {"@type": "BreadcrumbList", "name": "crumbs"},
  {"@type": ["Product", "Book"], "name": "The Moon", "sku": {"@value": "7"},
   "offers": [{"@type": "Offer", "price": "51.77"}, {"@type": "Offer", "price": 60}],
   "review": {"@type": "Review", "author": {"@type": "Person", "name": "Ada"}}},]}
// ]]>
</script><script type="application/ld+json">{"broken": </script>
<script type="application/ld+json; charset=utf-8">[{"@type": "http://schema.org/Organization",
 "name": "Shop", "text": "two
lines"}]</script><script type="application/ld+json"></script>"""


def test_json_ld_is_found_by_type_and_names():
    class Product(Item):
        name: str = json_ld("Product.name")
        price: float = json_ld("Product.offers.price")
        prices: list[float] = json_ld("offers.price", type="Book")
        sku: int = json_ld("Product.sku")
        by: str = json_ld("Person.name")
        shop: str = json_ld("name", type="Organization")
        text: list[str] = json_ld("Organization.text", clean=str.upper)
        first_name: str = json_ld("name")
        rating: float | None = json_ld("Product.aggregateRating.ratingValue")

    [item] = page(LINKED).items(Product)
    assert item.model_dump() == {
        "name": "The Moon",
        "price": 51.77,
        "prices": [51.77, 60.0],
        "sku": 7,
        "by": "Ada",
        "shop": "Shop",
        "text": ["TWO\nLINES"],
        "first_name": "crumbs",
        "rating": None,
    }


def test_items_nest_in_json_ld():
    class Offer(Item):
        price: float = json_ld("price")

    class Product(Item):
        offers: list[Offer] = json_ld("Product.offers")
        missing: str = json_ld("Product.brand.name")

    class Offers(Item):
        offers: list[Offer] = json_ld("Product.offers")

    assert [offer.price for item in page(LINKED).items(Offers) for offer in item.offers] == [51.77, 60]
    response = page(LINKED)
    assert list(response.items(Product)) == []
    assert response.rejects[0].message == "nothing matches json_ld('brand.name', type='Product')"


def test_a_mark_of_an_empty_list_needs_rows():
    with pytest.raises(ConfigError, match=r"Marked has empty= but no rows="):

        class Marked(Item, empty="p.none"):
            pass
