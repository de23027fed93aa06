"""A million items through every format: seconds and memory, beside a bare loop of csv and of json.

    python -m tests.benchmarks.export [--items 1000000] [FORMAT ...]

The items are books of seven fields, of a thousand pages. Each format runs in a process of its own, and so do
the bare loops, which read the same rows and write them with ``csv.writer`` or ``json.dumps`` and do no more.
Printed are the seconds of CPU, the ratio to the bare loop of csv (of json for JSON and JSON Lines), the size
of the file, and the most memory that was resident.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from scraper import Item, Job, Request, css
from scraper.export import export
from scraper.record import describe, encode
from scraper.visit import Outcome, Visit

PAGES = 1000
FORMATS = ("bare-csv", "csv", "csv.gz", "bare-json", "json", "jsonl", "jsonl.gz", "parquet", "sqlite", "xlsx")
CHANGES = "changed.csv"


class Book(Item, key="url"):
    """What the shop of this benchmark sells."""

    url: str = css("a")
    title: str = css("h1")
    price: Decimal = css("b")
    stock: int = css("i")
    published: date = css("u")
    tags: list[str] = css("em")
    about: str | None = css("p")


def book(number: int) -> Book:
    """Return a book; every seventh has no description."""
    return Book(
        url=f"https://shop.example/books/{number}.html",
        title=f"The {number}th book of all, or how it came about",
        price=Decimal(number % 10_000) / 100,
        stock=number % 17,
        published=date(1950, 1, 1) + timedelta(days=number % 25_000),
        tags=["paper", "novel"],
        about=None if number % 7 == 0 else "A story of some length, with a beginning and an end. " * 3,
    )


def fill(folder: str, items: int) -> Path:
    """Make a job of so many items."""
    with Job.create("export", folder) as job:
        job.add(Request(f"https://shop.example/pages/{page}") for page in range(PAGES))
        types = describe(Book)
        for number, lease in enumerate(job.lease(PAGES)):
            books = tuple(encode(book(n)) for n in range(number, items, PAGES))
            job.commit([Outcome(lease, Visit(ok=True, items=books, types=types))])
        return job.path


def bare_csv(job: Job, file: str) -> None:
    """Write what is there with ``csv.writer``."""
    with open(file, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(Book.model_fields)
        writer.writerows(data.values() for _, data in job.items())


def bare_json(job: Job, file: str) -> None:
    """Write what is there with ``json.dumps``."""
    with open(file, "w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(data, ensure_ascii=False) + "\n" for _, data in job.items())


def measured(path: str, format: str, file: str) -> None:
    """Write one file, and print the seconds of CPU, the megabytes of the file, and those of memory."""
    bare: dict[str, Callable[[Job, str], None]] = {"bare-csv": bare_csv, "bare-json": bare_json}
    start = time.process_time()
    with Job(path) as job:
        if format in bare:
            bare[format](job, file)
        else:
            with job.records(since=path if format == CHANGES else None) as records:
                export(records, file)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, Path(file).stat().st_size / 1e6, peak]))


def main() -> None:
    """Make the job, run every format in its own process, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("formats", nargs="*", default=[*FORMATS, CHANGES])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measured(*options.measure)
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = fill(folder, options.items)
        print(f"{options.items:,} items, {path.stat().st_size / 1e6:.0f} MB of job")
        bare: dict[bool, float] = {}
        for format in options.formats:
            file = Path(folder) / f"books.{format.replace('bare-', 'bare.')}"
            command = [sys.executable, "-m", __spec__.name, "--measure", str(path), format, str(file)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, size, peak = json.loads(done.stdout)
            is_json = "json" in format
            bare.setdefault(is_json, seconds)
            print(
                f"{format:12} {seconds:6.1f} s {seconds / bare[is_json]:6.2f} times  "
                f"{size:6.0f} MB of file  {peak:5.0f} MB of memory",
                flush=True,
            )
            file.unlink()


if __name__ == "__main__":
    main()
