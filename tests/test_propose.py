"""What is proposed for a page: its rows, their fields, the next page, and the file that says so."""

from __future__ import annotations

import shlex

import pytest

from scraper import ConfigError
from scraper.propose import (
    Draft,
    Field,
    class_name,
    compiled,
    door_of,
    is_drawn_by_script,
    listing_of,
    member_mark,
    name_of_site,
    read_curl,
    ways_to_door,
)
from scraper.propose.following import nexts_of
from scraper.propose.kinds import Kind, kind_of
from tests.pages import page

CARDS = "".join(
    f'<div class="col-md-4"><div class="product-card"><h2 class="product-card__title">'
    f'<a href="/p/{n}">Lamp {n}</a></h2><span class="product-card__price">€ {n},50</span>'
    f'<img src="/i/{n}.png">'
    f'{"<em class=badge>sale</em>" if n % 2 else ""}<a class="buy" href="/buy/{n}">Buy</a></div></div>'
    for n in range(1, 7)
)
MENU = "<nav><ul>" + "".join(f'<li><a href="/c/{n}">Category {n}</a></li>' for n in range(30)) + "</ul></nav>"


def fields(html: str) -> dict[str, str]:
    listing = listing_of(page(html))
    assert listing is not None
    return {field.name: field.annotation for field in listing.fields}


def test_rows_are_what_repeats_and_holds_most_and_no_menu():
    listing = listing_of(page(MENU + CARDS))
    assert (listing.rows, listing.count) == ("div.product-card", 6)


def test_fields_are_named_by_classes_and_typed_by_what_stands_there():
    assert fields(MENU + CARDS) == {
        "title": "str",
        "url": "str",
        "price": "Decimal",
        "image": "str",
        "badge": "str | None",
    }


def test_a_table_gives_a_field_for_each_column_named_by_its_head():
    rows = "".join(
        f"<tr><td><a href='/o/{n}'>A-{n}</a></td><td>2026-01-0{n}</td><td>{n * 3}</td><td>paid</td></tr>"
        for n in range(1, 6)
    )
    table = f"<table><thead><tr><th>Order<th>Placed on<th>Pieces<th>State</tr></thead><tbody>{rows}</table>"
    expected = {"order": "str", "url": "str", "placed_on": "date", "pieces": "int", "state": "str"}
    assert fields(table) == expected


def test_a_table_without_a_head_leaves_out_its_row_of_names():
    rows = "".join(f"<tr><td>name {n}<td>{n}.25</tr>" for n in range(4))
    listing = listing_of(page(f"<table id=t><tr><th>Name<th>Cost</tr>{rows}</table>"))
    assert listing.count == 4
    assert [field.name for field in listing.fields] == ["name", "cost"]


def test_titles_that_are_cut_short_are_taken_from_the_attribute():
    rows = "".join(
        f'<li class="hit"><a href="/{n}" title="The very long title {n}">The very...</a><i>by {n}</i></li>'
        for n in range(4)
    )
    listing = listing_of(page(f"<ul>{rows}</ul>"))
    assert [field.attribute for field in listing.fields if field.name == "title"] == ["title"]


def test_several_of_a_kind_in_a_row_are_a_list():
    rows = "".join(
        f'<article class="post"><h2>Post {n}</h2><b class="tag">a{n}</b><b class="tag">b{n}</b></article>'
        for n in range(3)
    )
    assert fields(rows) == {"title": "str", "tags": "list[str]"}


def test_json_gives_the_longest_list_with_its_keys():
    answer = page(
        '{"n": 2, "books": [{"id": 1, "title": "A"}, {"id": 2, "title": null}]}', type="application/json"
    )
    listing = listing_of(answer)
    assert (listing.rows, listing.name, listing.is_json) == ("books", "book", True)
    assert [(f.name, f.annotation) for f in listing.fields] == [("id", "int"), ("title", "str | None")]


@pytest.mark.parametrize(
    "html", ["", "<p>Hello</p>", "<ul><li>one</ul>", "<select><option>a<option>b</select>"]
)
def test_a_page_on_which_nothing_repeats_lists_nothing(html):
    assert listing_of(page(html)) is None


@pytest.mark.parametrize(
    "body", ["[]", "{}", "[1, 2]", "not json", '{"a": {"b": {"c": {"d": {"e": [{}]}}}}}']
)
def test_json_without_a_list_lists_nothing(body):
    assert listing_of(page(body, type="application/json")) is None


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<ul><li class="next"><a rel="next" href="?p=2">next</a></ul>', "li.next a"),
        ('<a rel="prev" href="?p=1">1</a><a rel="next" href="?p=3">3</a>', "a[rel~=next]"),
        ('<a class="pagination-next" href="?p=2">2</a>', "a.pagination-next"),
        ('<a href="?p=2">Nächste Seite »</a>', 'a:-soup-contains("Nächste Seite »")'),
        ('<a href="?p=2" aria-label="Next page"><svg></svg></a>', 'a[aria-label="Next page"]'),
        ('<p class="pager"><span class="this-page">1</span> <a href="?p=2">2</a> <a href="?p=3">3</a></p>',
         "p.pager .this-page + a"),
        ('<ul id="pg"><li class="active"><a href="#">1</a></li><li><a href="?p=2">2</a></li></ul>',
         "#pg .active + li a"),
    ],
)  # fmt: skip
def test_the_next_page_is_found_by_its_rel_its_words_its_class_or_its_number(html, expected):
    assert next(nexts_of(page(html).tree)) == expected


@pytest.mark.parametrize(
    "html", ['<a href="/">home</a>', '<a class="context" href="/x">nextdoor</a>', "<a>next</a>"]
)
def test_no_other_link_is_the_next_page(html):
    assert list(nexts_of(page(html).tree)) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "23", "0"], Kind("int")),
        (["007", "12"], Kind("str")),
        (["9781000000009"], Kind("str")),
        (["4.99", "5"], Kind("Decimal")),
        (["£4.99", "£15"], Kind("Decimal", r"[\d.]+")),
        (["$1,234.50", "$2"], Kind("Decimal", r"[\d.,]+", 'lambda text: text.replace(",", "")')),
        (["12,50 €", "1.200,00 €"],
         Kind("Decimal", r"[\d.,]+", 'lambda text: text.replace(".", "").replace(",", ".")')),
        (["3 of 5 stars", "4 of 5 stars"], Kind("int", r"\d+")),
        (["2026-01-02"], Kind("date")),
        (["2026-01-02T10:00:00Z"], Kind("datetime")),
        (["In stock (3 available)", "Out of stock"], Kind("str")),
        (["£3", "free"], Kind("str")),
        ([], Kind("str")),
    ],
)  # fmt: skip
def test_a_column_is_a_number_or_a_date_only_where_every_text_is(texts, expected):
    assert kind_of(texts) == expected


# The way in


LOGIN = (
    '<form action="/in" method="post"><input name="email" type="email"><input type="password" name="pw">'
    '<input type="hidden" name="csrf_token" value="x"><button>Sign in</button></form>'
)


def test_a_sign_in_form_is_told_by_its_fields_its_button_and_what_goes_along():
    told = "\n".join(door_of(page(LOGIN)).told())
    for words in ("'email', known by its type", "'pw', known by its type", "'Sign in'", "csrf_token"):
        assert words in told


def test_a_search_is_no_door_and_links_that_say_sign_in_lead_to_one():
    html = (
        '<form role="search"><input name="q"></form><a href="/author/7">Authors</a>'
        '<a href="/logout">Log out</a><a href="/account/login">Sign in</a><a href="/register">Sign up</a>'
    )
    assert door_of(page(html)) is None
    assert ways_to_door(page(html)) == ["https://shop.example/account/login"]


def test_a_page_that_a_script_draws_is_known():
    assert is_drawn_by_script(page('<div id="root"></div><script src="/app.js"></script>'))
    assert not is_drawn_by_script(page(LOGIN + '<script src="/app.js"></script>'))


def test_what_only_members_see_is_the_way_out_that_strangers_lack():
    member = page('<a class="nav-logout" href="/logout">Log out</a>')
    assert member_mark(member, [page("<a href='/login'>Log in</a>")]) == "a.nav-logout"
    assert member_mark(member, [member]) == ""


@pytest.mark.parametrize(
    ("url", "html", "expected"),
    [
        ("https://www.shop.co.uk/x", "", "shop"),
        ("http://127.0.0.1:8420/", "<title>Welcome | Turnstone Books</title>", "turnstone_books"),
        ("http://localhost/", '<meta property="og:site_name" content="My Class">', "my_class"),
        ("http://127.0.0.1/", "", "site"),
    ],
)
def test_a_spider_is_named_after_the_domain_or_the_site_s_own_name(url, html, expected):
    assert name_of_site(url, page(html, url)) == expected


# The file


def test_a_draft_is_a_file_that_runs_and_reads_like_one_written_by_hand():
    fields = (
        Field("title", Kind("str"), "h2 a", "title"),
        Field("price", Kind("Decimal", r"[\d.]+"), ".price", is_optional=True),
        Field("day", Kind("date"), "time", "datetime"),
    )
    draft = Draft(
        "shop", "https://shop.example/lamps", ("BasicLogin", 'env("SHOP_USER")', 'env("SHOP_PASSWORD")'),
        item="Lamp", rows="div.lamp", fields=fields, follow="li.next a",
    )  # fmt: skip
    assert draft.source() == (
        '"""Shop: what shop.example/lamps lists, page by page."""\n\n'
        "from datetime import date\nfrom decimal import Decimal\n\n"
        "from scraper import BasicLogin, Item, Spider, css, env\n\n\n"
        'class Lamp(Item, rows="div.lamp"):\n    """One row of the list."""\n\n'
        '    title: str = css("h2 a", attr="title")\n'
        '    price: Decimal | None = css(".price", re=r"[\\d.]+")\n'
        '    day: date = css("time::attr(datetime)")\n\n\n'
        'class Shop(Spider):\n    """The spider shop."""\n\n'
        '    start_urls = ["https://shop.example/lamps"]\n'
        '    login = BasicLogin(env("SHOP_USER"), env("SHOP_PASSWORD"))\n'
        '    item = Lamp\n    follow = "li.next a"\n'
    )
    assert compiled(draft.source(), "shop").name == "shop"


@pytest.mark.parametrize("name", ["shop", "item", "spider", "book_2", "x"])
def test_the_class_of_a_spider_gives_its_name_whatever_it_is(name):
    draft = Draft(
        name, "https://shop.example/", fields=(Field("a", Kind("str"), "a"),), item=class_name(name)
    )
    assert compiled(draft.source(), name).name == name


# A curl command


def read(command: str) -> tuple[tuple[str, ...], dict[str, str]]:
    return read_curl(command).login_of("shop")


def test_a_bearer_token_becomes_a_token_login_and_harmless_headers_stay():
    command = (
        "curl 'https://shop.example/api' \\\n -H 'Authorization: Bearer s3cr3t-t0ken' "
        "-H 'X-Csrf-Token: abc12345' \\\n"
        " -H 'Accept: application/json' -H 'User-Agent: Mozilla' -H 'Sec-Fetch-Mode: cors' --compressed"
    )
    assert read(command) == (("TokenLogin", 'env("SHOP_TOKEN")'), {"SHOP_TOKEN": "s3cr3t-t0ken"})
    assert read_curl(command).headers == {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("arguments", "login", "secrets"),
    [
        ("-H 'X-Api-Key: k1'", ('env("SHOP_TOKEN")', 'header="X-Api-Key"'), {"SHOP_TOKEN": "k1"}),
        ("-H 'Authorization: Token k1'",
         ('env("SHOP_TOKEN")', 'header="Authorization: Token {token}"'), {"SHOP_TOKEN": "k1"}),
        ("-u ada:pw",
         ('env("SHOP_USER")', 'env("SHOP_PASSWORD")'), {"SHOP_USER": "ada", "SHOP_PASSWORD": "pw"}),
        ("-H 'authorization: Basic YWRhOnB3'",
         ('env("SHOP_USER")', 'env("SHOP_PASSWORD")'), {"SHOP_USER": "ada", "SHOP_PASSWORD": "pw"}),
        ("-b 'sid=1; _ga=2'", ('{"https://shop.example": {"sid": env("SHOP_SID")}}',), {"SHOP_SID": "1"}),
        ("-H $'Cookie: sid=it\\'s'",
         ('{"https://shop.example": {"sid": env("SHOP_SID")}}',), {"SHOP_SID": "it's"}),
        ("", (), {}),
    ],
)  # fmt: skip
def test_what_signs_in_becomes_a_login_and_its_secrets_go_apart(arguments, login, secrets):
    found, apart = read(f"curl https://shop.example/x {arguments}")
    assert (found[1:], apart) == (login, secrets)


def test_secrets_in_the_address_do_not_stay_there():
    curl = read_curl("curl 'https://ada:pw@shop.example/x?api_key=k1&page=2'")
    assert curl.url == "https://shop.example/x?page=2"
    assert "k1" not in repr(curl)


@pytest.mark.parametrize(
    "command",
    ["", "wget https://x.example", "curl 'https://x.example", "curl", "curl ftp://x.example",
     "curl https://x.example -b '_ga=1'", "curl ^\"https://x.example^\" ^\n -H ^\"A: b^\""],
)  # fmt: skip
def test_what_is_no_curl_command_is_told_so_and_not_repeated(command):
    with pytest.raises(ConfigError) as error:
        read(command)
    assert "x.example" not in str(error.value)


@pytest.mark.parametrize("body", ["--a=b", "------form1\r\nname=x", "-Hx: y"])
def test_a_body_is_no_option_of_a_curl_command_whatever_it_looks_like(body):
    curl = read_curl(f"curl --data-raw {shlex.quote(body)} https://shop.example/api")
    assert curl.url == "https://shop.example/api"
