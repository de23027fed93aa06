import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper import ConfigError, ExportError
from scraper.export import FORMATS, check, export
from tests.tables import read

BOOK = {"title": "Mond & Möwe 🌙", "price": -1.5, "stock": 3, "new": True, "subtitle": None}
NESTED = {"title": 'a "b", c\nd', "tags": ["x", "ü"], "best": {"stars": 5}}


def items(*rows: dict[str, Any]) -> Callable[[], Iterator[tuple[str, dict[str, Any]]]]:
    return lambda: (("book", row) for row in rows)


def failing(*rows: dict[str, Any], error: Exception) -> Callable[[], Iterator[tuple[str, dict[str, Any]]]]:
    """Items of which no more than these can be read, at any pass over them."""

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        yield from items(*rows)()
        raise error

    return read


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def cells(path: Path, *values: str) -> list[str]:
    """What stands in a CSV file for these values."""
    export(items(*({"a": value} for value in values)), str(path))
    return [row[0] for row in table(path)[1:]]


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "books.csv"


# What comes out is what went in


def test_json_is_one_list(tmp_path):
    path = tmp_path / "books.json"
    assert export(items(BOOK, NESTED), str(path)) == 2
    assert json.loads(path.read_text("utf-8")) == [BOOK, NESTED]
    assert "Möwe 🌙" in path.read_text("utf-8")


def test_json_lines_is_an_item_a_line(tmp_path):
    path = tmp_path / "books.jsonl"
    assert export(items(BOOK, NESTED), str(path)) == 2
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [BOOK, NESTED]
    assert "Möwe 🌙" in path.read_text("utf-8")


def test_csv_is_a_table_with_a_header(csv_file):
    assert export(items(BOOK), str(csv_file)) == 1
    assert table(csv_file) == [[*BOOK], ["Mond & Möwe 🌙", "-1.5", "3", "True", ""]]
    assert csv_file.read_bytes().endswith(b",\r\n")


def test_csv_holds_nested_values_as_json_and_keeps_quotes_and_line_ends(csv_file):
    export(items(NESTED), str(csv_file))
    header, (title, tags, best) = table(csv_file)
    assert (header, title) == (["title", "tags", "best"], NESTED["title"])
    assert (tags, json.loads(tags), json.loads(best)) == ('["x", "ü"]', ["x", "ü"], {"stars": 5})


def test_a_field_that_comes_late_gets_a_column_too(csv_file):
    export(items({"a": 1}, {"b": 2, "a": 3}, {"c": 4}), str(csv_file))
    assert table(csv_file) == [["a", "b", "c"], ["1", "", ""], ["3", "2", ""], ["", "", "4"]]


@pytest.mark.parametrize(("suffix", "expected"), [(".csv", ""), (".json", "[]\n"), (".jsonl", "")])
def test_no_items_make_an_empty_file(tmp_path, suffix, expected):
    path = tmp_path / f"books{suffix}"
    assert export(items(), str(path)) == 0
    assert path.read_text() == expected


@pytest.mark.parametrize("suffix", FORMATS)
def test_half_a_character_spoils_no_file(tmp_path, suffix):
    path = tmp_path / f"books{suffix}"
    assert export(items({"a": "x\ud800y", "b\udfff": 1}), str(path)) == 1
    assert read(path) == [{"a": "x\ufffdy", "b\ufffd": "1" if suffix == ".csv" else 1}]


def test_a_hyphen_is_json_lines_on_standard_output(capsys):
    assert export(items(BOOK, NESTED), "-") == 2
    out, err = capsys.readouterr()
    assert ([json.loads(line) for line in out.splitlines()], err) == ([BOOK, NESTED], "")


# Formulas


def test_csv_makes_formulas_harmless(csv_file):
    formulas = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "-", "-x", "=", "-1=2"]
    assert cells(csv_file, *formulas) == [f"'{formula}" for formula in formulas]


def test_csv_leaves_numbers_and_plain_text_alone(csv_file):
    plain = ["-1", "+1", "-1.5", "-1,234.50", "-.5", "-1e-5", "-5%", "a=b", " =1", "'=1", "1-1", ""]
    assert cells(csv_file, *plain) == plain


def test_csv_makes_formulas_in_the_header_harmless(csv_file):
    export(items({"=cmd()": 1}), str(csv_file))
    assert table(csv_file)[0] == ["'=cmd()"]


def test_only_csv_changes_what_looks_like_a_formula(tmp_path):
    path = tmp_path / "books.json"
    export(items({"a": "=1+1"}), str(path))
    assert json.loads(path.read_text()) == [{"a": "=1+1"}]


# Whole or not at all


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_is_replaced(tmp_path, suffix):
    path = tmp_path / f"books{suffix}"
    path.write_text("old" * 10_000)
    export(items({"a": "b"}), str(path))
    assert read(path) == [{"a": "b"}]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError(28, "No space left on device"), ExportError), (RuntimeError("no more"), RuntimeError)],
)
def test_where_writing_fails_midway_the_old_file_stays_and_no_draft_is_left(tmp_path, suffix, error, raised):
    path = tmp_path / f"books{suffix}"
    path.write_text("old")
    with pytest.raises(raised):
        export(failing(BOOK, error=error), str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_between_two_passes_over_the_items_leaves_the_old_file_too(csv_file):
    passes = iter([items(BOOK), failing(BOOK, error=RuntimeError("no more"))])
    csv_file.write_text("old")
    with pytest.raises(RuntimeError):
        export(lambda: next(passes)(), str(csv_file))
    assert (csv_file.read_text(), list(csv_file.parent.iterdir())) == ("old", [csv_file])


def test_the_old_file_is_there_until_the_new_one_is_whole(csv_file):
    csv_file.write_text("old")
    seen = []

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        for row in items(BOOK, BOOK)():
            seen.append(csv_file.read_text())
            yield row

    export(read, str(csv_file))
    assert set(seen) == {"old"}
    assert csv_file.read_text().startswith("title,")


def test_a_failure_says_which_file_and_why(tmp_path):
    target = str(tmp_path / "books.json")
    with pytest.raises(ExportError) as caught:
        export(failing(error=OSError(28, "No space left on device")), target)
    assert str(caught.value) == f"{target} could not be written: No space left on device."


def test_a_link_stays_one_and_what_it_names_is_replaced(tmp_path):
    path, link = tmp_path / "today.json", tmp_path / "latest.json"
    path.write_text("old")
    link.symlink_to(path)
    export(items({"a": 1}), str(link))
    assert link.is_symlink()
    assert json.loads(path.read_text()) == [{"a": 1}]


# Targets that cannot be


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "books.txt",
            "books.txt has no known format; its name may end in .csv, .json, .jsonl, .parquet, .sqlite, "
            ".xlsx, each also with .gz, or be - for output",
        ),
        ("books", "books has no known format"),
        (".csv", ".csv has no known format"),
        (".csv.gz", ".csv.gz has no known format"),
        ("{type}/books.csv", "{type} may stand in the name of a file, not of its folder"),
        ("none/books.csv", "The folder .*none for books.csv does not exist; make it first"),
        ("folder.csv", "folder.csv is a folder; name a file"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path, name, sentence):
    (tmp_path / "folder.csv").mkdir()
    target = str(tmp_path / name)
    for refuse in (check, lambda target: export(failing(error=AssertionError("was read")), target)):
        with pytest.raises(ConfigError, match=sentence):
            refuse(target)


def test_a_target_that_can_be_written_is_not_touched_by_the_check(tmp_path):
    check(str(tmp_path / "books.csv"))
    check("-")
    assert list(tmp_path.iterdir()) == []
