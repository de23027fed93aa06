"""What the items of a job are to exports: typed, with what is known of their pages, beside another run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pydantic
import pytest

from scraper import ConfigError, Item, Job, Request, css
from scraper.export import export
from scraper.record import Description, describe, encode, load
from scraper.visit import Outcome, Visit
from tests.tables import read

URL = "https://shop.example/1"


class Book(Item, key="url"):
    url: str = css("a")
    price: Decimal | None = css("b")
    stock: int | None = css("i")
    on: date | None = css("u")
    at: datetime | None = css("u")
    tags: list[str] = css("em")


class Review(Item):
    text: str = css("p")
    stars: float | None = css("b")


def commit(job: Job, url: str, *items: Any, **visit: Any) -> None:
    """Let a page have given items."""
    job.add([Request(url)])
    [lease] = job.lease(1)
    classes = dict.fromkeys(type(item) for item in items)
    job.commit(
        [Outcome(lease, Visit(ok=True, items=tuple(map(encode, items)), types=describe(classes), **visit))]
    )


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Makes a job of items, all on one page, and returns its file."""

    def make(*items: Any, url: str = URL) -> Path:
        with Job.create("shop", tmp_path / "runs") as job:
            commit(job, url, *items)
            return job.path

    return make


def exported(path: Path, name: str, table: str | None = None, **options: Any) -> list[dict[str, Any]]:
    """Export a job to a file beside it, and read that."""
    with Job(path) as job, job.records(**options) as records:
        export(records, str(path.with_name(name)))
    return read(path.with_name(name), table)


# What a class says of its items


def test_a_class_says_the_kinds_of_its_fields_and_its_key():
    [(name, text)] = describe(Book)
    assert (name, Description.read(text)) == (
        "Book",
        Description(
            {"url": "str", "price": "decimal", "stock": "int", "on": "date", "at": "datetime"}
            | {"tags": "list[str]"},
            ("url",),
        ),
    )


def test_fields_go_by_the_names_that_they_have_in_json():
    class Priced(pydantic.BaseModel):
        price: Decimal = pydantic.Field(alias="the price")
        hidden: int = pydantic.Field(0, exclude=True)

        @pydantic.computed_field
        @property
        def cents(self) -> int:
            return int(self.price * 100)

    [(_, text)] = describe(Priced)
    _, data = encode(Priced(**{"the price": "1.5"}))
    assert Description.read(text).fields == {"the price": "decimal", "cents": "int"}
    assert [*load(data)] == ["the price", "cents"]


def test_dataclasses_and_attrs_classes_say_it_too():
    @dataclass
    class Data:
        on: date
        more: dict[str, int] | None

    @attrs.define
    class Attrs:
        at: list[datetime]

    found = [Description.read(text).fields for _, text in describe([Data, Attrs, dict])]
    assert found == [{"on": "date", "more": None}, {"at": "list[datetime]"}]


def test_a_key_is_inherited_and_its_fields_exist():
    class Used(Book):
        wear: str = css("s")

    class Sold(Item, key=("shop", "sku")):
        shop: str = css("a")
        sku: str = css("b")

    assert (Used.__key__, Sold.__key__, Review.__key__) == (("url",), ("shop", "sku"), ())
    with pytest.raises(ConfigError, match="The key of Lost names 'sku', which is no field of it; it has url"):

        class Lost(Item, key="sku"):
            url: str = css("a")


def test_half_a_character_in_an_item_is_replaced_wherever_it_stands():
    @dataclass
    class Inner:
        text: str

    kind, text = encode({"a\ud800": ["\udfff", Inner("x\ud800"), {"b": ("\ud801",)}], "c": "🌙"})
    assert (kind, json.loads(text)) == (
        "item",
        {"a\ufffd": ["\ufffd", {"text": "x\ufffd"}, {"b": ["\ufffd"]}], "c": "🌙"},
    )


def test_a_number_of_more_digits_than_python_reads_stays_readable():
    assert load('{"n": ' + "9" * 5000 + "}") == {"n": "9" * 5000}


# Typed columns


def test_a_later_export_has_the_types_of_the_class(run):
    book = Book(url="a", price="1.50", stock=3, on="2020-02-29", at="2020-02-29T10:00:00", tags=["x"])
    path = run(book, Book(url="b", price="100.125"))
    first, second = exported(path, "a.parquet")
    assert first == book.model_dump()
    assert second == {
        "url": "b",
        "price": Decimal("100.125"),
        "stock": None,
        "on": None,
        "at": None,
        "tags": [],
    }
    first, second = exported(path, "a.sqlite")
    assert first == book.model_dump(mode="json") | {"tags": '["x"]'}
    first, second = exported(path, "a.xlsx")
    assert (first["price"], first["on"], first["at"]) == (
        1.5,
        datetime(2020, 2, 29),
        datetime(2020, 2, 29, 10),
    )


def test_a_column_without_a_value_has_the_type_of_its_class(run):
    from pyarrow import parquet

    path = run(Book(url="a"))
    exported(path, "a.parquet")
    kinds = {field.name: str(field.type) for field in parquet.read_schema(path.with_name("a.parquet"))}
    assert kinds == {
        "url": "string",
        "price": "decimal128(38, 0)",
        "stock": "int64",
        "on": "date32[day]",
        "at": "timestamp[us]",
        "tags": "list<element: string>",
    }


def test_the_columns_of_sqlite_are_declared(run):
    import sqlite3
    from contextlib import closing

    path = run(Book(url="a"), {"long": 2**64, "new": True})
    exported(path, "a.sqlite")
    with closing(sqlite3.connect(path.with_name("a.sqlite"))) as db:
        tables = [text for (text,) in db.execute("SELECT sql FROM sqlite_master")]
    assert tables == [
        'CREATE TABLE "Book" ("url" TEXT, "price" TEXT, "stock" INTEGER, "on" DATE, "at" DATETIME, '
        '"tags" TEXT)',
        'CREATE TABLE "item" ("long" TEXT, "new" BOOLEAN)',
    ]


def test_moments_with_an_offset_keep_their_moment(run):
    path = run(Book(url="a", at="2020-01-01T10:00:00+02:00"), Book(url="b", at="2020-01-01T10:00:00Z"))
    assert [row["at"] for row in exported(path, "a.parquet")] == [
        datetime(2020, 1, 1, 8, tzinfo=UTC),
        datetime(2020, 1, 1, 10, tzinfo=UTC),
    ]
    assert exported(path, "a.xlsx")[0]["at"] == "2020-01-01T10:00:00+02:00"


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (["1.5", "NaN"], ["1.5", "NaN"]),
        (["1." + "0" * 33 + "1", "3"], [Decimal("1." + "0" * 33 + "1"), Decimal(3)]),
        (["123456789012345", "1234567890123456"], [Decimal(123456789012345), Decimal(1234567890123456)]),
        (["1E+5", "1E-30"], [Decimal(100_000), Decimal("1E-30")]),
        (["1E+60", "1E-60"], ["1E+60", "1E-60"]),
        (["1E+30", "1E-30"], [Decimal("1E+30"), Decimal("1E-30")]),
    ],
)
def test_decimals_are_exact_or_text(run, prices, expected):
    class Priced(pydantic.BaseModel):
        price: Decimal = pydantic.Field(allow_inf_nan=True)

    path = run(*(Priced(price=price) for price in prices))
    assert [row["price"] for row in exported(path, "a.parquet")] == expected
    for there, price in zip(exported(path, "a.xlsx"), prices, strict=True):
        assert str(Decimal(str(there["price"]))) == price or Decimal(str(there["price"])) == Decimal(price)


def test_what_does_not_keep_to_its_class_is_not_lost(run):
    class Odd(Item):
        price: Decimal = css("b")

        @pydantic.field_serializer("price")
        def say(self, price: Decimal) -> Any:
            return float(price) if price < 1 else f"€ {price}"

    path = run(Odd(price="0.5"), Odd(price="2"))
    assert [json.loads(row["price"]) for row in exported(path, "a.parquet")] == [0.5, "€ 2"]
    assert [row["price"] for row in exported(path, "a.xlsx")] == [0.5, "€ 2"]
    assert [row["price"] for row in exported(path, "a.csv")] == ["0.5", "€ 2"]


def test_columns_come_in_the_order_of_the_class_also_where_late_ones_came_first(run):
    class Late(Item):
        model_config = pydantic.ConfigDict(extra="allow")
        a: int = css("a")
        b: int = css("b")

    path = run({"x": 1}, Late(a=1, b=2, z=3), Late(a=1, b=2, y=4))
    with Job(path) as job, job.records(with_meta=True) as records:
        export(records, str(path.with_name("a.csv")))
    columns = [*read(path.with_name("a.Late.csv"))[0]]
    assert columns == ["a", "b", "z", "y", "_url", "_fetched_at", "_account", "_auth"]


# With what is known of the page


def test_with_meta_adds_address_time_account_and_standing(tmp_path):
    with Job.create("shop", tmp_path) as job:
        commit(job, f"{URL}?token=s3cret-value", Review(text="a"), account="ada", auth="signed_in")
        path = job.path
    [row] = exported(path, "a.jsonl", with_meta=True)
    at = datetime.fromisoformat(row.pop("_fetched_at"))
    assert row == {
        "text": "a",
        "stars": None,
        "_url": f"{URL}?token=***",
        "_account": "ada",
        "_auth": "signed_in",
    }
    assert abs((datetime.now(UTC) - at).total_seconds()) < 600
    [typed] = exported(path, "a.parquet", with_meta=True)
    assert typed["_fetched_at"] == at


def test_a_field_of_its_own_by_such_a_name_stays(run):
    path = run({"_url": "mine", "text": '"_url"'}, {})
    first, second = exported(path, "a.json", with_meta=True)
    assert (first["_url"], second["_url"]) == ("mine", URL)


# What has changed


def changes(before: Path, now: Path, **options: Any) -> list[tuple[Any, ...]]:
    rows = exported(now, "changes.jsonl", since=before, **options)
    return [(row["_change"], row.get("url") or row.get("text"), row["_changed_fields"]) for row in rows]


def test_new_changed_and_gone_items_are_told_by_their_key(run):
    before = run(Book(url="a", price=1), Book(url="b", price=2, stock=1), Book(url="c"), Book(url="d"))
    now = run(
        Book(url="e"), Book(url="b", price=3), Book(url="a", price=1), Book(url="d"), url=URL + "?other"
    )
    assert changes(before, now) == [
        ("new", "e", None),
        ("changed", "b", ["price", "stock"]),
        ("gone", "c", None),
    ]
    assert changes(now, now) == []


def test_what_is_gone_comes_with_its_old_data_and_page(run):
    before, now = run(Book(url="c", price=7)), run(Book(url="a"), url=URL + "?other")
    new, gone = exported(now, "a.jsonl", since=before, with_meta=True)
    assert (new["_change"], new["_url"]) == ("new", URL + "?other")
    assert (gone["_change"], gone["price"], gone["_url"]) == ("gone", "7", URL)


def test_a_key_of_two_fields_and_the_type_tell_items_apart(run):
    class Offer(Item, key=("shop", "sku")):
        shop: str = css("a")
        sku: str = css("b")
        price: int = css("i")

    before = run(Offer(shop="x", sku="1", price=1), Offer(shop="y", sku="1", price=1), Book(url="x"))
    now = run(Offer(shop="x", sku="1", price=1), Offer(shop="y", sku="1", price=2))
    rows = exported(now, "a.jsonl", since=before)
    assert [(row["_change"], row["_type"]) for row in rows] == [("changed", "Offer"), ("gone", "Book")]


def test_without_a_key_whole_items_are_compared(run):
    before, now = (
        run(Review(text="a", stars=1), Review(text="b")),
        run(Review(text="a", stars=2), Review(text="b")),
    )
    assert changes(before, now) == [("new", "a", None), ("gone", "a", None)]
    with Job(now) as job, job.records(since=before) as records:
        assert records.keyless == ["Review"]


def test_a_field_that_moved_or_is_written_otherwise_has_not_changed(run):
    before, now = run({"a": 1, "b": {"x": 1, "y": 2}}), run({"b": {"y": 2, "x": 1}, "a": 1})
    assert changes(before, now) == []


def test_one_and_true_are_not_the_same(run):
    assert len(changes(run({"text": "x", "a": 1}), run({"text": "x", "a": True}))) == 2


def test_of_several_items_of_one_key_the_first_counts(run):
    before, now = run(Book(url="a", price=1), Book(url="a", price=2)), run(Book(url="a", price=2))
    assert changes(before, now) == [("changed", "a", ["price"])]


def test_the_other_job_is_one(run, tmp_path):
    path = run(Book(url="a"))
    with pytest.raises(ConfigError, match="There is no job"), Job(path) as job:
        job.records(since=tmp_path / "none.sqlite")


# One moment of the file


def test_an_export_sees_one_moment_of_a_crawl_that_goes_on(tmp_path):
    with Job.create("shop", tmp_path) as job, job.records() as records:
        assert list(records.rows()) == []
        commit(job, URL, Review(text="late"))
        assert (list(records.rows()), records.types()) == ([], [])
        with job.records() as now:
            assert [type for type, _ in now.rows()] == ["Review"]


def test_without_items_a_table_has_the_columns_of_the_class(job, tmp_path):
    job.describe(describe(Review))
    with job.records() as records:
        export(records, str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == b"text,stars\r\n"


@attrs.define
class Inner:
    name: str


@attrs.define
class Outer:
    inner: Inner


@attrs.define
class Bare:
    pass


def test_attrs_objects_nest_and_may_have_no_field():
    assert encode(Outer(Inner("a"))) == ("Outer", '{"inner":{"name":"a"}}')
    assert encode(Bare()) == ("Bare", "{}")
    assert [name for name, _ in describe([Bare])] == ["Bare"]
