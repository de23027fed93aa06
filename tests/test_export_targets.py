"""Where exports go: several types, compressed, elsewhere, on a full disk, and killed in between."""

from __future__ import annotations

import csv
import gzip
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import openpyxl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from scraper import ConfigError, ExportError, Job, Request
from scraper.export import FORMATS, check, export, exports, xlsx
from scraper.record import encode
from scraper.visit import Outcome, Visit
from tests.commands import ROOT, python, scraper, start
from tests.tables import read

BOOK = {"title": "Mond", "price": 1.5}
REVIEW = {"text": "gut"}


def two_types() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from [("Book", BOOK), ("Review", REVIEW), ("Book", {**BOOK, "late": True})]


def many(number: int, width: int = 100) -> Any:
    """So many items of incompressible text."""
    chance = random.Random(1)
    rows = [{"n": n, "text": chance.randbytes(width // 2).hex()} for n in range(number)]
    return lambda: (("item", row) for row in rows)


# Several types


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".csv.gz"])
def test_a_table_holds_one_type_so_each_has_its_file(tmp_path, suffix):
    written = list(exports(two_types, str(tmp_path / f"books{suffix}")))
    assert written == [
        (str(tmp_path / f"books.Book{suffix}"), 2),
        (str(tmp_path / f"books.Review{suffix}"), 1),
    ]
    assert [*read(tmp_path / f"books.Book{suffix}")[0]] == ["title", "price", "late"]
    assert read(tmp_path / f"books.Review{suffix}") == [REVIEW]


@pytest.mark.parametrize("suffix", [".sqlite", ".xlsx"])
def test_a_table_or_sheet_for_each_type(tmp_path, suffix):
    path = tmp_path / f"books{suffix}"
    assert list(exports(two_types, str(path))) == [(str(path), 3)]
    late = 1 if suffix == ".sqlite" else True
    assert read(path, "Book") == [{**BOOK, "late": None}, {**BOOK, "late": late}]
    assert read(path, "Review") == [REVIEW]


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_json_holds_all_types_and_says_which(tmp_path, suffix):
    path = tmp_path / f"books{suffix}"
    export(two_types, str(path))
    assert read(path)[:2] == [{**BOOK, "_type": "Book"}, {**REVIEW, "_type": "Review"}]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_name_may_ask_for_a_file_for_each_type(tmp_path, suffix):
    written = list(exports(two_types, str(tmp_path / f"{{type}}-today{suffix}")))
    assert [Path(file).name for file, _ in written] == [f"Book-today{suffix}", f"Review-today{suffix}"]
    assert read(tmp_path / f"Review-today{suffix}") == [REVIEW]


@pytest.mark.parametrize("suffix", [".sqlite", ".xlsx"])
def test_names_that_differ_in_case_alone_are_numbered(tmp_path, suffix):
    path = tmp_path / f"books{suffix}"
    export(lambda: iter([("Book", {"A": 1, "a": 2}), ("book", {"a": 3})]), str(path))
    assert [*read(path, "Book")[0].values()] == [1, 2]
    assert read(path, "book_2") == [{"a": 3}]


def test_types_that_sqlite_and_excel_cannot_name_get_a_near_name(tmp_path):
    names = ["sqlite_x", "A" * 40, "A" * 41, "History", "a/b:c"]
    items = [(name, {"a": 1}) for name in names]
    export(lambda: iter(items), str(tmp_path / "a.sqlite"))
    export(lambda: iter(items), str(tmp_path / "a.xlsx"))
    assert read(tmp_path / "a.sqlite", "_sqlite_x") == [{"a": 1}]
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == [
        "sqlite_x",
        "A" * 31,
        "A" * 29 + "_2",
        "History_",
        "a_b_c",
    ]


def test_types_whose_names_are_alike_do_not_share_a_file(tmp_path):
    written = list(exports(lambda: iter([("A[b]", {"a": 1}), ("A(b)", {"a": 2})]), str(tmp_path / "x.csv")))
    assert [Path(file).name for file, _ in written] == ["x.A_b_.csv", "x.A_b__2.csv"]


# Excel


def test_excel_is_told_that_csv_is_unicode(tmp_path):
    export(two_types, str(tmp_path / "{type}.csv"), excel=True)
    data = (tmp_path / "Book.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbftitle,price")
    assert [*csv.reader(data.decode("utf-8-sig").splitlines())][1] == ["Mond", "1.5", ""]


def test_more_rows_than_a_sheet_has_go_on_in_another(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "ROWS", 4)
    path = tmp_path / "a.xlsx"
    export(many(7), str(path))
    assert openpyxl.load_workbook(path).sheetnames == ["item", "item_2", "item_3"]
    assert [row["n"] for table in ("item", "item_2", "item_3") for row in read(path, table)] == [*range(7)]


@pytest.mark.parametrize("text", ["x" * 40_000, "🌙" * 20_000, "y" * 32_766 + "🌙🌙" + "z" * 70_000])
def test_text_longer_than_a_cell_stands_on_a_sheet_of_its_own(tmp_path, text):
    path = tmp_path / "a.xlsx"
    export(lambda: iter([("Book", {"a": 1, "about": text})]), str(path))
    short = read(path, "Book")[0]["about"]
    assert text.startswith(short.partition("…")[0])
    assert short.endswith("… (all of it in row 1 of the sheet 'Long texts')")
    [row] = openpyxl.load_workbook(path)["Long texts"].values
    assert (row[0], "".join(row[1:])) == ("Book!B2", text)


def test_text_that_just_fits_into_a_cell_stands_there(tmp_path):
    export(lambda: iter([("Book", {"about": "🌙" * 16_383 + "x"})]), str(tmp_path / "a.xlsx"))
    assert read(tmp_path / "a.xlsx") == [{"about": "🌙" * 16_383 + "x"}]


def test_more_fields_than_a_sheet_has_columns_is_an_error(tmp_path):
    wide = {str(number): number for number in range(16_385)}
    with pytest.raises(ExportError, match="item has 16,385 fields, and a sheet of Excel 16,384 columns"):
        export(lambda: iter([("item", wide)]), str(tmp_path / "a.xlsx"))
    assert list(tmp_path.iterdir()) == []


# Compressed


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_may_be_compressed(tmp_path, suffix):
    path = tmp_path / f"a{suffix}.gz"
    export(lambda: iter([("Book", {"a": "b"})]), str(path))
    assert read(path) == [{"a": "b"}]


def test_what_is_compressed_twice_has_the_same_bytes(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        export(many(10), str(tmp_path / name))
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


# Elsewhere


class Broken(MemoryFileSystem):
    """A store that breaks off halfway, and tells its password."""

    protocol = "broken"

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        with self.open(rpath, "wb") as stream:
            stream.write(Path(lpath).read_bytes()[:5])
            raise RuntimeError("cannot put to broken://ada:s3cret-pass@host with s3cret-pass")


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    """What stands at ``memory://`` and ``broken://``, which share it."""
    fsspec.register_implementation("broken", Broken, clobber=True)
    yield fsspec.filesystem("memory")
    MemoryFileSystem.store.clear()


@pytest.mark.parametrize("suffix", [*FORMATS, ".csv.gz"])
def test_a_file_may_go_elsewhere(store, tmp_path, suffix):
    store.pipe(f"/books{suffix}", b"old")
    assert list(exports(many(3), f"memory://books{suffix}")) == [(f"memory://books{suffix}", 3)]
    (tmp_path / f"a{suffix}").write_bytes(store.cat(f"/books{suffix}"))
    assert len(read(tmp_path / f"a{suffix}")) == 3


def test_where_it_does_not_get_there_the_old_file_stays_and_no_password_is_told(store):
    store.pipe("/x/books.csv", b"old")
    with pytest.raises(ExportError) as caught:
        export(many(3), "broken://ada:s3cret-pass@x/books.csv")
    assert "s3cret-pass" not in str(caught.value)
    assert str(caught.value).startswith(
        "broken://***@x/books.csv could not be written: cannot put to broken:"
    )
    assert {store.cat(path) for path in store.find("/")} == {b"old"}


def test_an_export_that_fails_puts_nothing_elsewhere(store):
    def failing() -> Iterator[tuple[str, dict[str, Any]]]:
        yield "Book", BOOK
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        export(failing, "memory://books.json")
    assert store.find("/") == []


def test_an_address_that_nothing_installed_knows_is_refused():
    with pytest.raises(
        ConfigError, match=r"nowhere://\*\*\*@b/x.csv cannot be written to: Protocol not known"
    ):
        check("nowhere://ada:pw-of-ada@b/x.csv")


@pytest.mark.parametrize(
    ("target", "module", "extra"),
    [
        ("a.parquet", "pyarrow", "parquet"),
        ("a.xlsx", "xlsxwriter", "excel"),
        ("s3://b/a.csv", "fsspec", "remote"),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, target, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as caught:
        check(target)
    assert str(caught.value) == (
        f'{target} needs {module}, which is not installed; run: pip install "login-aware-scraper[{extra}]"'
    )


# A disk that is full, and a kill


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a job of 3,000 items, one megabyte."""
    with Job.create("shop", tmp_path / ".scraper") as job:
        job.add([Request("https://shop.example/")])
        [lease] = job.lease(1)
        found = tuple(encode(data) for _, data in many(3000, 300)())
        job.commit([Outcome(lease, Visit(ok=True, items=found))])
    return tmp_path


FULL = """
import resource, signal, sys
from scraper.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
main()
"""


@pytest.mark.parametrize("suffix", [*FORMATS, ".jsonl.gz"])
def test_on_a_full_disk_the_old_file_stays_and_a_sentence_says_so(shop, suffix):
    path = shop / f"books{suffix}"
    path.write_text("old")
    done = python("-c", FULL, "export", "shop", "-o", path.name, cwd=shop, TMPDIR=str(shop))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert f"Error: {path.name} could not be written" in done.stderr
    assert path.read_text() == "old"
    assert sorted(file.name for file in shop.iterdir()) == [".scraper", path.name]


KILLED = (".csv", ".json.gz", ".parquet", ".sqlite", ".xlsx")
KILLS = 10


def test_a_killed_export_leaves_the_old_file_whole_or_the_new_one(shop):
    paths = [shop / f"books{suffix}" for suffix in KILLED]
    outputs = [word for path in paths for word in ("-o", path.name)]
    for path in paths:
        export(many(7, 300), str(path))
    chance, sizes = random.Random(7), set()
    for number in range(KILLS):
        path = paths[number % len(paths)]
        with start("export", "shop", *outputs, cwd=shop, TMPDIR=str(shop)) as run:
            while not [*shop.glob(f".{path.name}.{run.pid}.tmp")] and run.poll() is None:
                time.sleep(0.0005)
            time.sleep(chance.uniform(0, 0.05))
            run.send_signal(signal.SIGKILL)
            run.communicate()
        found = {path.suffix: len(read(path)) for path in paths}
        assert set(found.values()) <= {7, 3000}
        sizes.update(found.values())
    assert 3000 in sizes
    assert scraper("export", "shop", *outputs, cwd=shop).returncode == 0
    assert {len(read(path)) for path in paths} == {3000}


# From the command line


def test_several_outputs_at_once_with_meta_and_for_excel(shop):
    done = scraper("export", "shop", "-o", "a.csv", "-o", "b.json", "--with-meta", "--excel", cwd=shop)
    assert done.returncode == 0
    assert done.stderr.startswith("a.csv: 3,000 items of ")
    assert (shop / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfn,text,_url,_fetched_at,_account,_auth\r\n")
    assert read(shop / "b.json")[0]["_url"] == "https://shop.example/"


def test_changes_since_the_run_before(shop):
    alone = scraper("export", "shop", "-o", "-", "--changed-since", "shop", cwd=shop)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "There is no job of 'shop' in .scraper/jobs that is older than" in alone.stderr
    with Job.create("shop", shop / ".scraper") as job:
        job.note("state", "interrupted")
    done = scraper("export", "shop", "-o", "gone.json.gz", "--changed-since", "shop", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "item has no key, so its items are compared as a whole" in done.stderr
    assert "lacks pages, and what is gone may stand on one of them." in done.stderr
    assert "gone.json.gz: 3,000 items" in done.stderr
    assert {row["_change"] for row in read(shop / "gone.json.gz")} == {"gone"}
    assert gzip.decompress((shop / "gone.json.gz").read_bytes()).startswith(b"[\n{")


def test_a_run_exports_with_meta_to_every_format(tmp_path, site):
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    outputs = [word for suffix in FORMATS for word in ("-o", f"books{suffix}")]
    done = scraper(
        "run", "bookshop", "--max-pages", "6", "--with-meta", *outputs, cwd=tmp_path, SHOP_URL=site.url
    )
    assert done.returncode == 0, done.stderr
    for suffix in FORMATS:
        rows = read(tmp_path / f"books{suffix}")
        assert {(row["_account"], row["_auth"]) for row in rows} == {("reader", "signed_in")}


# The documentation


def test_the_scripts_of_the_documentation_run_as_they_are(tmp_path, site):
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    scraper("run", "bookshop", "--max-pages", "6", cwd=tmp_path, SHOP_URL=site.url)
    scripts = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "exports.md").read_text(), re.DOTALL)
    done = python("-c", "\n".join(scripts), cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("5 books\n", "")
    assert isinstance(read(tmp_path / "books.parquet")[0]["price"], Decimal)
