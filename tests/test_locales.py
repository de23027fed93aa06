"""Numbers, money and dates as a language writes them; what is not written so is an error, not a guess."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pydantic
import pytest

from scraper import ConfigError, Item, Money, css, dates, money, number
from tests.pages import page

BERLIN = ZoneInfo("Europe/Berlin")

# Numbers


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de", "1.234,56", "1234.56"),
        ("de", "1.234", "1234"),
        ("de", "1.234.567", "1234567"),
        ("de", "1234,5", "1234.5"),
        ("de", ",5", "0.5"),
        ("de", "5,-", "5"),
        ("de", "5,– €", "5"),
        ("de", "1.234,56 €", "1234.56"),
        ("de", "EUR 1.234,56", "1234.56"),
        ("de", "-1.234,56", "-1234.56"),
        ("de", "\u22121.234,56", "-1234.56"),
        ("de", "- 5", "-5"),
        ("de", "12,5 %", "12.5"),
        ("de-DE", "+7", "7"),
        ("en_US", "1,234.56", "1234.56"),
        ("en_US", "$1,234.56", "1234.56"),
        ("en_US", "-$5.00", "-5.00"),
        ("en_US", "$-5", "-5"),
        ("en_US", "(1,234.50)", "-1234.50"),
        ("en_US", "($1,234.50)", "-1234.50"),
        ("en_US", ".5", "0.5"),
        ("en", "007", "7"),
        ("fr", "1\u202f234,56", "1234.56"),
        ("fr", "1\xa0234,56\xa0€", "1234.56"),
        ("fr", "1 234 567,8", "1234567.8"),
        ("sv", "1\xa0234,5 kr", "1234.5"),
        ("de_CH", "1'234.50", "1234.50"),
        ("de_CH", "CHF 1\u2019234.50", "1234.50"),
        ("de_CH", "1\u2019234.–", "1234"),
        ("fr_CH", "12.50 CHF", "12.50"),
        ("en_IN", "12,34,567.00", "1234567.00"),
        ("en_IN", "₹ 1,234", "1234"),
        ("pl", "1\xa0234,56 zł", "1234.56"),
        ("ar", "\u200f\u200e-1,234.5", "-1234.5"),
        ("pt_BR", "R$ 1.234,56", "1234.56"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(locale, text, expected):
    read = number(locale)(text)
    assert (read, str(read)) == (Decimal(expected), expected)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "1,234.56"),
        ("de", "1.23"),
        ("de", "12.34.567"),
        ("de", "1.234.56"),
        ("de", "1,2,3"),
        ("de", "1 234"),
        ("en", "1.234.567"),
        ("en", "1,23"),
        ("en", "12,34,567"),
        ("en_IN", "123,45,67"),
        ("fr", "1.234,56"),
        ("de_CH", "1,234.50"),
        ("en", ""),
        ("en", "free"),
        ("en", "5 kg"),
        ("en", "from 5"),
        ("en", "5 - 7"),
        ("en", "5-7"),
        ("en", "(-5)"),
        ("en", "$5 %"),
        ("en", "$5 €"),
        ("en", "1e5"),
        ("en", "NaN"),
    ],
)
def test_what_is_written_otherwise_is_an_error(locale, text):
    with pytest.raises(ValueError, match=f"is not a number as {locale} writes it"):
        number(locale)(text)


def test_what_is_no_text_is_left_alone():
    assert (number("de")(5), money("de")(None), dates("DMY")(date(2024, 5, 1))) == (5, None, date(2024, 5, 1))


# Money


@pytest.mark.parametrize(
    ("locale", "text", "amount", "currency"),
    [
        ("de", "1.234,56 €", "1234.56", "EUR"),
        ("de", "CHF 12", "12", "CHF"),
        ("de", "$ 3,50", "3.50", "USD"),
        ("en_US", "$1,234.56", "1234.56", "USD"),
        ("en_CA", "$5", "5", "CAD"),
        ("en_CA", "US$5", "5", "USD"),
        ("en_GB", "£51.77", "51.77", "GBP"),
        ("sv", "99 kr", "99", "SEK"),
        ("ja", "￥1,000", "1000", "JPY"),
        ("fr_CH", "12.50 CHF", "12.50", "CHF"),
        ("en", "(€5.00)", "-5.00", "EUR"),
    ],
)
def test_money_is_an_amount_and_a_currency(locale, text, amount, currency):
    assert money(locale)(text) == Money(Decimal(amount), currency)
    assert str(money(locale)(text)) == f"{amount} {currency}"


@pytest.mark.parametrize("text", ["5", "5 kr", "5 XYZ", "5 %"])
def test_money_without_a_known_currency_is_an_error(text):
    with pytest.raises(ValueError, match=r"names no currency that en knows|is not a number as en writes it"):
        money("en")(text)


# Dates


@pytest.mark.parametrize(
    ("form", "locale", "text", "expected"),
    [
        ("DMY", None, "03.05.2024", date(2024, 5, 3)),
        ("MDY", None, "05/03/2024", date(2024, 5, 3)),
        ("DMY", None, "3/5/24", date(2024, 5, 3)),
        ("DMY", None, "3.5.69", date(1969, 5, 3)),
        ("YMD", None, "24-05-03", date(2024, 5, 3)),
        ("DMY", None, "2024/05/03", date(2024, 5, 3)),
        ("DMY", None, "2024-05-03", date(2024, 5, 3)),
        (None, None, "2024-05-03", date(2024, 5, 3)),
        (None, None, "2024/5/3 14:30 h", datetime(2024, 5, 3, 14, 30)),
        ("YDM", None, "2024/03/05", date(2024, 5, 3)),
        (None, None, "3 May 2024", date(2024, 5, 3)),
        (None, None, "May 3rd, 2024", date(2024, 5, 3)),
        (None, None, "Friday, 3 Sept. 2024", date(2024, 9, 3)),
        (None, "de", "3. März 2024", date(2024, 3, 3)),
        (None, "de", "Di., 3. Dez. 2024", date(2024, 12, 3)),
        (None, "de", "03.05.2024", date(2024, 5, 3)),
        (None, "en_US", "05/03/2024", date(2024, 5, 3)),
        (None, "en_GB", "03/05/2024", date(2024, 5, 3)),
        (None, "fr", "1er août 2024", date(2024, 8, 1)),
        (None, "ru", "3 мая 2024 г.", date(2024, 5, 3)),
        (None, "es", "3 de mayo de 2024", date(2024, 5, 3)),
        (None, "sv", "2024-05-03", date(2024, 5, 3)),
        ("%d.%m.%Y", None, "03.05.2024", date(2024, 5, 3)),
        ("%Y%m%d %H:%M", None, "20240503 14:30", datetime(2024, 5, 3, 14, 30)),
        ("DMY", None, "03.05.2024 14:30", datetime(2024, 5, 3, 14, 30)),
        ("DMY", None, "03.05.2024, 14:30:15 Uhr", datetime(2024, 5, 3, 14, 30, 15)),
        ("MDY", None, "5/3/2024 2:30 PM", datetime(2024, 5, 3, 14, 30)),
        (None, None, "12:05 a.m. on May 3, 2024", datetime(2024, 5, 3, 0, 5)),
        (None, None, "2024-05-03T14:30:00Z", datetime(2024, 5, 3, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_the_declared_order_or_language(form, locale, text, expected):
    assert dates(form, locale=locale)(text) == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (None, "03.05.2024"),
        ("DMY", "05/13/2024"),
        ("DMY", "yesterday"),
        ("DMY", "3.5."),
        ("DMY", "31.02.2024"),
        ("DMY", "1.2.3.2024"),
        ("DMY", "3 May June 2024"),
        ("DMY", "3.5.2024 25:00"),
        ("MDY", "5/3/2024 13:00 PM"),
        ("DMY", "3.5.124"),
        ("%d.%m.%Y", "3 May 2024"),
        (None, "2 days ago"),
    ],
)
def test_a_date_that_has_two_meanings_or_none_is_an_error(form, text):
    with pytest.raises(ValueError):  # noqa: PT011 - the sentences are those of several
        dates(form)(text)


def test_a_time_zone_counts_where_no_offset_is_stated():
    read = dates("DMY", tz="Europe/Berlin")
    assert read("03.05.2024 14:30") == datetime(2024, 5, 3, 14, 30, tzinfo=BERLIN)
    assert read("03.01.2024") == datetime(2024, 1, 3, tzinfo=timezone(timedelta(hours=1)))
    assert read("2024-05-03T14:30:00Z") == datetime(2024, 5, 3, 14, 30, tzinfo=UTC)


# Declared once for a class


class Offer(Item, rows="li", locale="de_DE", tz="Europe/Berlin"):
    price: Decimal = css(".price")
    cost: Money | None = css(".cost")
    stock: int = css(".stock", default=0)
    rating: float | None = css(".rating")
    on: date | None = css(".on")
    at: datetime | None = css(".at")
    prices: list[Decimal] = css(".more")
    exact: Decimal | None = css("data", attr="value")
    stamp: datetime | None = css("time::attr(datetime)")
    text: str | None = css(".price")
    by_hand: int | None = css(".stock", clean=lambda text: len(text))


def offer(html: str) -> Offer:
    [item] = page(f"<li>{html}").items(Offer)
    return item


def test_plain_annotations_are_read_in_the_language_of_the_class():
    item = offer(
        "<b class=price>1.234,56 €</b><b class=cost>5 €</b><b class=stock>1.000</b><b class=rating>4,5</b>"
        "<b class=on>3. Mai 2024, 14:00</b><b class=at>03.05.2024 14:00</b><b class=more>1,5</b>"
        "<b class=more>2</b>"
    )
    assert item == Offer(
        price=Decimal("1234.56"),
        cost=Money(Decimal(5), "EUR"),
        stock=1000,
        rating=4.5,
        on=date(2024, 5, 3),
        at=datetime(2024, 5, 3, 14, tzinfo=BERLIN),
        prices=[Decimal("1.5"), Decimal(2)],
        text="1.234,56 €",
        by_hand=5,
    )


def test_attributes_are_for_machines_and_not_read_in_a_language():
    item = offer("<b class=price>1</b><data value=1.234><time datetime=2024-05-03T14:00+00:00>3. Mai</time>")
    assert (item.exact, item.stamp) == (Decimal("1.234"), datetime(2024, 5, 3, 14, tzinfo=UTC))


def test_what_does_not_read_rejects_the_item_with_field_selector_and_excerpt():
    response = page("<li><b class=price>1,234.56</b><b class=on>soon</b><b class=rating>x</b>")
    assert list(response.items(Offer)) == []
    assert [(r.field, r.message, r.selector, r.excerpt) for r in response.rejects] == [
        (
            "price",
            "'1,234.56' is not a number as de_DE writes it; got '1,234.56' from css('.price')",
            "css('.price')",
            '<b class="price">1,234.56</b>',
        ),
        (
            "rating",
            "'x' is not a number as de_DE writes it; got 'x' from css('.rating')",
            "css('.rating')",
            '<b class="rating">x</b>',
        ),
        (
            "on",
            "'soon' is no date in the order DMY of de_DE; got 'soon' from css('.on')",
            "css('.on')",
            '<b class="on">soon</b>',
        ),
    ]


def test_without_a_language_pydantic_reads_and_nothing_is_guessed():
    class Plain(Item, rows="li"):
        price: Decimal = css("b")

    response = page("<li><b>1.234</b><li><b>1.234,56</b><li><b>1,234</b>")
    assert [item.price for item in response.items(Plain)] == [Decimal("1.234")]
    assert [reject.n for reject in response.rejects] == [1, 2]


def test_a_language_is_inherited_and_may_be_stated_anew():
    class Swiss(Offer, locale="de_CH"):
        pass

    class Ordered(Item, dates="MDY"):
        on: date = css("b")

    [item] = page("<li><b class=price>1'234.50</b><b class=at>03.05.2024 14:00").items(Swiss)
    assert (item.price, item.at) == (Decimal("1234.50"), datetime(2024, 5, 3, 14, tzinfo=BERLIN))
    assert [item.on for item in page("<b>05/03/2024").items(Ordered)] == [date(2024, 5, 3)]


def test_a_field_may_be_read_by_hand_in_any_language():
    class Mixed(Item):
        usd: Decimal = css("b", clean=number("en_US"))
        eur: Money = css("i", clean=money("de"))
        on: date = css("u", clean=dates("%d.%m.%Y %H:%M"))
        words: int = css("b", clean=[str.strip, len])

    assert list(page("<b>1,234.5</b><i>1.234,5 €</i><u>03.05.2024 10:00</u>").items(Mixed)) == [
        Mixed(usd=Decimal("1234.5"), eur=Money(Decimal("1234.5"), "EUR"), on=date(2024, 5, 3), words=7)
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"locale": "xx_YY"}, "'xx_YY' is no locale; give one such as 'de' or 'en_US'"),
        ({"tz": "Mars/Olympus"}, "tz='Mars/Olympus' is no time zone; give one such as 'Europe/Berlin'"),
        ({"tz": "../etc"}, r"tz='\.\./etc' is no time zone"),
        ({"dates": "DDMM"}, "dates='DDMM' is neither a format as '%d.%m.%Y' nor an order as 'DMY'"),
    ],
)
def test_what_is_no_language_zone_or_order_is_found_where_it_is_written(options, sentence):
    with pytest.raises(ConfigError, match=sentence):

        class Wrong(Item, **options):
            pass


def test_without_babel_a_locale_is_an_error_that_says_what_to_install(monkeypatch):
    from scraper.item.locales import locale_of

    locale_of.cache_clear()
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ConfigError, match=r"locale='de' needs Babel; install it: pip install .*\[locale\]"):
        number("de")


def test_money_validates_and_serializes_as_amount_and_currency():
    adapter = pydantic.TypeAdapter(Money)
    assert adapter.validate_python({"amount": "5", "currency": "EUR"}) == Money(Decimal(5), "EUR")
    assert adapter.dump_json(Money(Decimal("5.10"), "EUR")) == b'{"amount":"5.10","currency":"EUR"}'
