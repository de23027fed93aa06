"""Items of any kind come out of every format as they went in, as docs/exports.md says."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.export import export
from scraper.export.csv import cell
from tests.tables import read

HOSTILE = """=1+1|+1|-1|-1+1|@SUM(A1)|\t=1|a "b"\r\nc,;|\0|x\0y|\ud800|a\udfffb| |_x0041_|1e5|0012|2020-01-01|
|null|\ufffe\uffff|\r|\x85\u2028|{}|[1]||'|<&>|]]>"""
texts = st.text(st.characters(), max_size=12) | st.sampled_from(HOSTILE.split("|"))
numbers = st.integers() | st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**63 - 1, 2**63, 2**64, -(10**60)])
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | floats | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)
alike = st.sampled_from([texts, numbers, floats, st.booleans(), st.lists(texts), st.lists(numbers), values])
names = st.sampled_from(["a", "b", "c", "=d", "e f", 'g"h', "i,j", "Ü", "k\0", "l\ud800", "select", "1"])


@st.composite
def items(draw: Any) -> list[dict[str, Any]]:
    """Items of one table: some columns of one kind, some of many; fields that come late, or not."""
    columns = {name: draw(alike) for name in draw(st.lists(names, unique=True, min_size=1, max_size=5))}
    columns = {name: st.none() | values for name, values in columns.items()}
    return draw(st.lists(st.fixed_dictionaries({}, optional=columns), min_size=1, max_size=6).filter(any))


def whole(value: Any) -> Any:
    """What stands for a value with halves of characters."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, dict):
        return {whole(name): whole(one) for name, one in value.items()}
    return [whole(one) for one in value] if isinstance(value, list) else value


def round_trip(rows: list[dict[str, Any]], suffix: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"items{suffix}"
        assert export(lambda: (("item", row) for row in rows), str(path)) == len(rows)
        return read(path)


def table(rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The columns of a table, by name, in the order in which the fields first appear."""
    rows = whole(rows)
    for name in dict.fromkeys(name for row in rows for name in row):
        yield name, [row.get(name) for row in rows]


def column(found: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in found]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, and of the same kind."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.gz", ".jsonl.gz"])
@settings(max_examples=100, deadline=None)
@given(rows=items())
def test_json_gives_back_what_it_was_given(suffix, rows):
    assert same(round_trip(rows, suffix), whole(rows))


@settings(max_examples=150, deadline=None)
@given(rows=items())
def test_csv_gives_back_the_text_of_what_it_was_given(rows):
    found = round_trip(rows, ".csv")
    expected = dict(table(rows))
    assert [*found[0]] == [cell(name) for name in expected]
    for name, values in expected.items():
        texts = ["" if value is None else str(cell(value)) for value in values]
        assert column(found, cell(name)) == texts


def one_kind(values: list[Any]) -> bool:
    """Whether a column has a type that holds all values: else it holds JSON."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return all(abs(value) <= 2**53 for value in values if type(value) is int)
    return len(kinds) <= 1 and not kinds & {dict, list}


def lists_of_one_kind(values: list[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return kinds == {list} and one_kind([one for value in values for one in value or ()])


def as_typed(values: list[Any]) -> list[Any]:
    """The values of one kind as a typed column holds them: of integers over 64 bits all are text."""
    is_long = any(type(value) is int and not -(2**63) <= value < 2**63 for value in values)
    return [str(value) if is_long and value is not None else value for value in values]


def from_json(values: list[Any]) -> list[Any]:
    return [None if value is None else json.loads(value) for value in values]


@settings(max_examples=150, deadline=None)
@given(rows=items())
def test_parquet_gives_back_what_it_was_given(rows):
    found = round_trip(rows, ".parquet")
    for name, values in table(rows):
        if one_kind(values):
            assert column(found, name) == as_typed(values)
        elif lists_of_one_kind(values):
            flat = as_typed([one for value in values for one in value or ()])
            assert [one for value in column(found, name) for one in value or ()] == flat
            assert [value and len(value) for value in values] == [
                value and len(value) for value in column(found, name)
            ]
        else:
            assert same(from_json(column(found, name)), values)


@settings(max_examples=150, deadline=None)
@given(rows=items())
def test_sqlite_gives_back_what_it_was_given(rows):
    found = round_trip(rows, ".sqlite")
    for name, values in table(rows):
        there = column(found, name.replace("\0", "\ufffd"))
        assert (there == as_typed(values)) if one_kind(values) else same(from_json(there), values)


@settings(max_examples=150, deadline=None)
@given(rows=items())
def test_excel_gives_back_what_it_was_given(rows):
    found = round_trip(rows, ".xlsx")
    for name, values in table(rows):
        there_are = [row[name] for row in found] + [None] * (len(rows) - len(found))
        for there, value in zip(there_are, values, strict=True):
            if value is None:
                assert there is None
            elif isinstance(value, dict | list):
                assert same(json.loads(there), value)
            elif type(value) is int and abs(value) > 2**53:
                assert there == str(value)
            else:
                assert (there, isinstance(there, bool)) == (value, isinstance(value, bool))
