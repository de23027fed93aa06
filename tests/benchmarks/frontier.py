"""A million addresses through a job: what each costs at the beginning and at the end, in one run.

    python -m tests.benchmarks.frontier [--urls 1000000]

It grows as a crawl's frontier does: requests are leased, and each outcome is committed with the links of its
page: 20 new ones, 10 that stand on every page and 5 to pages seen before. Once all addresses are there, the
rest of them is leased and committed without new links. Printed are the microseconds, by the clock and of CPU,
for each address of the first and of the last tenth of both parts, with the ratios; the size of the file; the
most memory that was resident; and how long a job that was killed with all of them known takes until its first
requests are handed out again.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scraper import Job, Request
from scraper.visit import Lease, Outcome, Visit

ORIGIN = "https://shop.example"
NEW, EVERYWHERE, SEEN = 20, 10, 5
BATCH = 16
ITEM = '{"title": "A title", "price": 9.99, "author": "Ada Byron", "tags": ["one", "two"]}'


class Site:
    """Gives each page its links, up to a number of addresses in all."""

    def __init__(self, urls: int) -> None:
        self.urls, self.known, self._draw = urls, EVERYWHERE, random.Random(7)

    def links(self) -> tuple[Request, ...]:
        """Return the links of the next page."""
        new = range(self.known, min(self.known + NEW, self.urls))
        seen = [self._draw.randrange(self.known) for _ in range(SEEN)]
        self.known += len(new)
        return tuple(Request(address(number), depth=1) for number in (*range(EVERYWHERE), *seen, *new))


def address(number: int) -> str:
    """Return an address of usual length, with two parameters that are not in canonical order."""
    return f"{ORIGIN}/category-{number % 97}/product-{number}.html?sort=price&page={number % 9}"


def outcomes(leases: list[Lease], links: Callable[[], tuple[Request, ...]]) -> list[Outcome]:
    """Return what came of leased requests: an item, and links."""
    visits = [
        Visit(ok=True, status=200, auth="signed_in", epoch=1, account="ada", size=20_000, elapsed=0.1,
              items=(("Book", ITEM),), requests=links())
        for _ in leases
    ]  # fmt: skip
    return [Outcome(lease, visit) for lease, visit in zip(leases, visits, strict=True)]


def grow(job: Job, site: Site) -> Iterator[int]:
    """Commit pages until all addresses are known; give how many are by now."""
    job.add((Request(address(number)) for number in range(EVERYWHERE)), account="ada")
    while site.known < site.urls:
        job.commit(outcomes(job.lease(BATCH), site.links))
        yield site.known


def drain(job: Job, settled: int) -> Iterator[int]:
    """Commit the pages that wait; give how many were settled by now."""
    while leases := job.lease(BATCH):
        job.commit(outcomes(leases, tuple))
        settled += len(leases)
        yield settled


@dataclass(frozen=True)
class Mark:
    """How far it had come when: a count, and seconds of the clock and of CPU."""

    count: int
    wall: float
    cpu: float


def clock(part: Iterator[int], start: int, end: int) -> tuple[list[Mark], list[Mark]]:
    """Run a part, which counts from `start` to `end`; return the marks of its first and of its last tenth."""
    tenth = (end - start) // 10
    marks = [Mark(start, time.perf_counter(), time.process_time())]
    for count in part:
        if count <= start + tenth or count >= end - tenth:
            marks.append(Mark(count, time.perf_counter(), time.process_time()))
    first = [mark for mark in marks if mark.count <= start + tenth]
    return first, [mark for mark in marks if mark.count >= end - tenth]


def describe(tenths: tuple[list[Mark], list[Mark]]) -> str:
    """Put into words what an address cost in the first and in the last tenth."""
    costs = [(_each(tenth, "wall"), _each(tenth, "cpu")) for tenth in tenths]
    (wall, cpu), (last_wall, last_cpu) = costs
    return (
        f"{wall:5.1f} us each at first, {last_wall:5.1f} us at last: {last_wall / wall:.2f} times; "
        f"of CPU {cpu:5.1f} and {last_cpu:5.1f} us: {last_cpu / cpu:.2f} times"
    )


def _each(marks: list[Mark], kind: str) -> float:
    seconds = getattr(marks[-1], kind) - getattr(marks[0], kind)
    return float(seconds / (marks[-1].count - marks[0].count) * 1e6)


def time_to_resume(path: Path) -> float:
    """Return the seconds from opening a job that was killed to its first requests."""
    start = time.perf_counter()
    with Job(path) as job:
        job.put_all_back()
        job.counts()
        job.put_back(job.lease(BATCH))
    return time.perf_counter() - start


def megabytes(path: Path) -> float:
    """Return the size of a job's file and of those beside it."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*")) / 1e6


def main() -> None:
    """Run both parts and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--urls", type=int, default=1_000_000)
    options = parser.parse_args()
    site = Site(options.urls)
    temporary = tempfile.TemporaryDirectory(prefix="benchmark-")
    with temporary as folder, Job.create("frontier", folder) as job:
        print(f"added:   {describe(clock(grow(job, site), EVERYWHERE, options.urls))}", flush=True)
        grown, resumed = megabytes(job.path), time_to_resume(job.path)
        done = options.urls - job.queued()
        print(f"settled: {describe(clock(drain(job, done), done, options.urls))}")
        print(f"file: {grown:.0f} MB grown, {megabytes(job.path):.0f} MB at the end")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB; resumed after {resumed:.2f} s")


if __name__ == "__main__":
    main()
