"""What judging a response costs, beside the parse that happens anyway.

    python -m tests.benchmarks.verdict

A page of 20 KB that has just been parsed is judged by an indicator, by what calibration found, by neither.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from scraper import Request, Response
from scraper.calibration import calibrate
from scraper.verdict import judge

SITE = "https://shop.example"
REPEATS = 1000
BUDGET = 60
"""Microseconds that a verdict may cost on a page of 20 KB."""


def page(body: str = "") -> Response:
    """Return a member's page of about 20 KB, with a form for a new password below."""
    rows = "".join(
        f"<article class=book id=b{n}><h3><a href=/books/{n}>Title {n}</a></h3><p>Some words.</p></article>"
        for n in range(170)
    )
    html = f"<html><body><nav>{body}</nav>{rows}<input type=text name=q></body></html>"
    headers = {"Content-Type": "text/html; charset=utf-8", "Set-Cookie": "last=1; Path=/"}
    response = Response(
        f"{SITE}/books", content=html.encode(), headers=headers, request=Request(f"{SITE}/books")
    )
    response.set_cookies = ("last=1; Path=/",)
    return response


def cost(call: Callable[[Response], object], make: Callable[[], Response]) -> float:
    """Return the microseconds of a call on a page that has just been parsed: the median of many."""
    found = []
    for _ in range(REPEATS):
        one = make()
        assert one.tree is not None
        started = time.perf_counter()
        call(one)
        found.append((time.perf_counter() - started) * 1e6)
    return statistics.median(found)


def main() -> None:
    """Print the cost of each way to judge."""
    member, stranger = "<a class=logout href=/logout>Sign out</a>", "<a href=/login>Sign in</a>"
    known = calibrate([page(stranger)] * 2, [page(member)] * 2)
    assert known is not None
    ways: dict[str, dict[str, object]] = {
        "an indicator that shows": {"logged_in": "a.logout"},
        "an indicator that does not": {"logged_in": "a.nowhere", "auth_cookies": {"sid"}},
        "what calibration found": {"logged_in": known.is_member_page},
        "no indicator": {},
    }
    parse = cost(
        lambda one: Response(one.url, content=one.content, headers=one.headers).tree, lambda: page(member)
    )
    print(f"parsing {len(page(member).content):,} bytes: {parse:.0f} us")
    for name, marks in ways.items():
        us = cost(lambda one, m=marks: judge(one, login_url=f"{SITE}/login", **m), lambda: page(member))  # type: ignore[misc, arg-type]
        print(f"{name:28} {us:5.1f} us, {us / parse:.3f} of the parse, {us / BUDGET:.2f} of the budget")


if __name__ == "__main__":
    main()
