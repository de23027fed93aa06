"""A members-only site crawled by Scrapy, by Crawlee, by requests and lxml alone, and by us, in one run.

    python -m tests.benchmarks.crawl [--pages 4000] [--rounds 5] [--concurrency 16] [--contender NAME]...
    python -m tests.benchmarks.crawl --latency-ms 100 --concurrency 64

Each signs in, follows the same links, reads the same ten fields of each page and writes the same JSON Lines,
in a process of its own; without delays, robots.txt and logs, retries as they are by default. ``bare`` asks
for one page after the other; ``ours`` is ``python -m scraper run``, ``ours-2`` that with ``--processes 2``.
Where answers are late, ``ours-2-each`` has so many requests under way in each of its two processes. They take
turns, and what is printed is the median of the rounds: seconds from the start of the process to its end, CPU
seconds of user and system, and the most memory that was resident (of several processes, that of the largest).
Where an item is missing, doubled or different from what stands on its page, the benchmark fails. Scrapy and
Crawlee come with the extra ``bench``; one that is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks import site

ROOT = Path(__file__).parents[2]
PATIENCE = 900  # seconds that one crawl may take


@dataclass(frozen=True)
class Contender:
    """A crawler: how it is called, and the package it needs. One that is serial asks for one page at a time.

    In `call`, ``{origin}``, ``{file}``, ``{concurrency}`` and ``{twice}`` of it stand for what it is told.
    """

    call: str
    needs: str
    is_serial: bool = False
    is_for_latency: bool = False

    def command(self, **told: object) -> list[str]:
        """Return the command that runs it."""
        return [sys.executable, "-m", *(part.format(**told) for part in self.call.split())]


PEER = "tests.benchmarks.peers.{} {{origin}} {{file}} {{concurrency}}"
OUR = (
    f"scraper run tests.benchmarks.peers.ours:Books -a start_urls={{origin}}{site.START} -o {{file}} "
    "-s concurrency={concurrency} --no-progress"
)
CONTENDERS = {
    "scrapy": Contender(PEER.format("scrapy_spider"), "scrapy"),
    "crawlee": Contender(PEER.format("crawlee_spider"), "crawlee"),
    "bare": Contender(PEER.format("bare_loop"), "requests", is_serial=True),
    "ours": Contender(OUR, "scraper"),
    "ours-2": Contender(f"{OUR} --processes 2", "scraper"),
    "ours-2-each": Contender(f"{OUR} -s concurrency={{twice}} --processes 2", "scraper", is_for_latency=True),
}
OURS = ("ours", "ours-2", "ours-2-each")


@dataclass(frozen=True)
class Cost:
    """What one crawl took: seconds, CPU seconds, and megabytes at the peak."""

    wall: float
    cpu: float
    peak: float


def run(contender: Contender, origin: str, file: Path, concurrency: int) -> Cost:
    """Let one crawl the site, in a process of its own."""
    command = contender.command(origin=origin, file=file, concurrency=concurrency, twice=2 * concurrency)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measured", str(PATIENCE), *command],
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return Cost(*json.loads(done.stdout))


def check(name: str, file: Path, origin: str, pages: int) -> None:
    """Fail unless the file holds every book once, each as it stands on its page."""
    numbers = set()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            number = int(item["url"].rpartition("/")[2])
            expected = site.book(number)
            if number in numbers or item != {**expected, "url": origin + expected["url"]}:
                raise SystemExit(f"{name} gave a wrong or doubled item: {line}")
            numbers.add(number)
    if numbers != set(range(1, pages + 1)):
        raise SystemExit(f"{name} gave {len(numbers)} of {pages} items.")


def installed(names: Iterable[str], latency: float) -> list[str]:
    """Return those that can run here, and say which cannot."""
    found = []
    for name in names:
        contender = CONTENDERS[name]
        if importlib.util.find_spec(contender.needs) is None:
            print(f"{name} is not installed: pip install -e '.[bench]'")
        elif contender.is_serial and latency:
            print(f"{name} asks for one page after the other, which says nothing about latency")
        elif contender.is_for_latency and not latency:
            continue
        else:
            found.append(name)
    return found


def compete(names: list[str], options: argparse.Namespace) -> dict[str, list[Cost]]:
    """Run the rounds."""
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        pages = Path(folder) / "site"
        pages.mkdir()
        site.write(pages, options.pages)
        with site.served(pages, options.latency_ms / 1000) as (origin, server):
            size = (pages / "book" / "1.html").stat().st_size
            print(f"{options.pages} pages of {size / 1000:.0f} KB, served by {server}", end=", ")
            print(f"{options.latency_ms:g} ms late; {options.concurrency} at a time", flush=True)
            for n in range(options.rounds):
                for name in names:
                    with tempfile.TemporaryDirectory(dir=folder) as place:
                        file = Path(place) / "items.jsonl"
                        cost = run(CONTENDERS[name], origin, file, options.concurrency)
                        check(name, file, origin, options.pages)
                    costs[name].append(cost)
                    print(f"  round {n + 1} {name:11} {cost.wall:6.1f} s {cost.cpu:6.1f} s CPU", flush=True)
    return costs


def report(costs: dict[str, list[Cost]], pages: int) -> None:
    """Print the medians, and the ratios of ours to each of the others."""
    medians = {
        name: Cost(*(median(getattr(cost, part) for cost in all_) for part in ("wall", "cpu", "peak")))
        for name, all_ in costs.items()
        if all_
    }
    fetched = pages + -(-pages // site.PER_LIST)
    print(f"{'':11} {'wall s':>8} {'pages/s':>8} {'CPU s':>8} {'ms/page':>8} {'peak MB':>8}")
    for name, cost in medians.items():
        per_page = cost.cpu / fetched * 1000
        row = (cost.wall, fetched / cost.wall, cost.cpu, per_page, cost.peak)
        print(f"{name:11} " + " ".join(f"{value:8.2f}" for value in row))
    for own, name in itertools.product(OURS, medians):
        if own in medians and (name not in OURS or name == OURS[0] != own):
            ours, cost = medians[own], medians[name]
            wall, cpu, peak = cost.wall / ours.wall, ours.cpu / cost.cpu, ours.peak / cost.peak
            print(
                f"{own}/{name}: {wall:.2f} times the pages/s, {cpu:.2f} of the CPU, {peak:.2f} of the memory"
            )


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--contender", action="append", choices=CONTENDERS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped then too
    names = installed(options.contender or CONTENDERS, options.latency_ms)
    report(compete(names, options), options.pages)


if __name__ == "__main__":
    main()
