"""Excel: a sheet for each type of item, of numbers, dates and text; nothing in it is a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from scraper.errors import ExportError
from scraper.export.columns import EXACT, Column, columns, distinct
from scraper.export.files import through_a_file
from scraper.export.records import Records
from scraper.record import load

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""The limits of Excel: rows and columns of a sheet, UTF-16 units of text in a cell."""
DIGITS = 15
"""So many digits of a decimal number Excel keeps."""
FIRST_DAY = datetime(1900, 3, 1)
"""Before it Excel counts a day that never was."""

_UNFIT_FOR_A_SHEET = re.compile(r"[\[\]:*?/\\\0-\x1f]|^'|'$")
_LONG_TEXTS = "Long texts"


class Exact(float):
    """A number of which every digit is written: xlsxwriter formats numbers to 16, and some have 17."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def write(records: Records, stream: BinaryIO) -> int:
    """Write a sheet for each type, and further ones where it has more rows than a sheet may have.

    What a cell cannot hold as a number or a date stands there as text, as in JSON: integers over 2**53,
    decimals of more than 15 digits, moments with an offset or with microseconds, days before March 1900. Of
    text over 32,767 characters the cell has the beginning, and the sheet "Long texts" all.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    with through_a_file(stream) as path:
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
        try:
            rows = Book(book, columns(records)).write(records)
        finally:
            try:
                book.close()
            except XlsxWriterException as error:
                raise OSError(str(error)) from error
    return rows


class Book:
    """A workbook that is written row by row."""

    def __init__(self, book: Any, tables: Mapping[str, Mapping[str, Column]]) -> None:
        self._book = book
        self._taken: list[str] = [_LONG_TEXTS]
        self._formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        self._sheets = {type: Sheet(self, type, kinds) for type, kinds in tables.items()}
        self._long: Any = None
        self._long_rows = 0

    def write(self, records: Records) -> int:
        """Write every item and return how many."""
        if not self._sheets:
            self._book.add_worksheet("Items")
        rows = 0
        for type, text in records.rows():
            self._sheets[type].add(load(text))
            rows += 1
        return rows

    def new_sheet(self, name: str) -> Any:
        """Add a sheet, named as nearly as Excel allows."""
        name = _UNFIT_FOR_A_SHEET.sub("_", name) or "_"
        name = f"{name}_" if name.casefold() == "history" else name
        *_, free = distinct([*self._taken, name], 31)
        self._taken.append(free)
        return self._book.add_worksheet(free)

    def put(self, sheet: Any, row: int, column: int, value: Any, kind: str) -> None:
        """Write a value into a cell as what it is."""
        value = _in_excel(value, kind)
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, Exact(value))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value, self._formats[kind])
        elif value is not None:
            self._put_text(sheet, row, column, value)

    def _put_text(self, sheet: Any, row: int, column: int, text: str) -> None:
        if len(text) * 2 > CHARACTERS and len(parts := list(_parts(text))) > 1:
            cell = self._keep(sheet, row, column, parts)
            text = f"{text[: CHARACTERS // 2 - 100]}… (all of it in row {cell} of the sheet {_LONG_TEXTS!r})"
        if sheet.write_string(row, column, text):
            raise ExportError(f"Excel has no cell for row {row + 1}, column {column + 1}; export to .csv.")

    def _keep(self, sheet: Any, row: int, column: int, parts: list[str]) -> int:
        """Write a long text, in parts, into a row of a sheet of its own, and return which."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        if self._long is None:
            self._long = self._book.add_worksheet(_LONG_TEXTS)
        if len(parts) > COLUMNS or self._long_rows >= ROWS:
            raise ExportError("There is more text than Excel can hold; export to .csv or .jsonl.")
        place = f"{sheet.get_name()}!{xl_rowcol_to_cell(row, column)}"
        for number, part in enumerate([place, *parts]):
            self._long.write_string(self._long_rows, number, part)
        self._long_rows += 1
        return self._long_rows


class Sheet:
    """The sheets of one type: a header, then its items; another sheet where one is full."""

    def __init__(self, book: Book, type: str, kinds: Mapping[str, Column]) -> None:
        if len(kinds) > COLUMNS:
            raise ExportError(
                f"{type} has {len(kinds):,} fields, and a sheet of Excel {COLUMNS:,} columns; use .jsonl."
            )
        self._book, self._type = book, type
        self._kinds = {name: column.kind for name, column in kinds.items()}
        self._begin()

    def _begin(self) -> None:
        self._sheet, self._row = self._book.new_sheet(self._type), 0
        for column, name in enumerate(self._kinds):
            self._book.put(self._sheet, 0, column, name, "str")

    def add(self, data: Mapping[str, Any]) -> None:
        """Write an item as the next row."""
        self._row += 1
        if self._row >= ROWS:
            self._begin()
            self._row = 1
        for column, (name, kind) in enumerate(self._kinds.items()):
            if (value := data.get(name)) is not None:
                self._book.put(self._sheet, self._row, column, value, kind)


def _in_excel(value: Any, kind: str) -> Any:
    """Return a value of JSON as Excel holds it without loss: a number, a moment, or else text."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and not -EXACT <= value <= EXACT:
        return str(value)
    convert = _CONVERTERS.get(kind) if isinstance(value, str) else None
    return convert(value) if convert else value


def _number(text: str) -> float | str:
    value = Decimal(text)
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return float(value) if len(digits) <= DIGITS and abs(value.adjusted()) < 300 else text


def _day(text: str) -> datetime | str:
    return _moment_or(text, datetime.combine(date.fromisoformat(text), datetime.min.time()))


def _moment(text: str) -> datetime | str:
    return _moment_or(text, datetime.fromisoformat(text))


def _moment_or(text: str, moment: datetime) -> datetime | str:
    is_whole = moment.microsecond == 0 and moment.tzinfo is None
    return moment if is_whole and moment >= FIRST_DAY else text


_CONVERTERS: Mapping[str, Callable[[str], Any]] = {"decimal": _number, "date": _day, "datetime": _moment}


def _parts(text: str) -> Iterator[str]:
    """Yield parts of a text that each fit into a cell, whatever characters take two units of UTF-16."""
    start = 0
    while start < len(text):
        end = start + CHARACTERS
        while len(text[start:end].encode("utf-16-le")) // 2 > CHARACTERS:
            end -= max(1, (len(text[start:end].encode("utf-16-le")) // 2 - CHARACTERS) // 2)
        yield text[start:end]
        start = end
