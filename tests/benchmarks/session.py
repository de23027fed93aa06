"""CPU per call of a signed-in ``session.get``, beside requests and urllib3, in one run.

    python -m tests.benchmarks.session [--calls 2000] [--rounds 5]

A server of its own process answers a members' page of 20 KB over kept connections. The clients take turns;
the best round of each counts, and what is compared is CPU time of this process, not the clock.
"""

from __future__ import annotations

import argparse
import socketserver
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from multiprocessing import get_context
from multiprocessing.connection import Connection

import requests
import urllib3

from scraper import FormLogin, Session, fill

FORM = b"<form method=post><input name=username><input type=password name=password></form>"
PAGE = b"<!doctype html><html><body><a class=logout href=/logout>Sign out</a>%s</body></html>" % (
    b"<article class=book><h3><a href=/book>A title</a></h3><p class=price>9.99</p></article>\n" * 220
)


class Members(BaseHTTPRequestHandler):
    """A site that signs anyone in, with three cookies."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer the login form, or the page to members."""
        is_member = "session=" in self.headers.get("Cookie", "")
        self._answer(200 if is_member else 401, PAGE if is_member else FORM)

    def do_POST(self) -> None:
        """Sign in."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, PAGE, ["session=s3cr3t-value; HttpOnly; Path=/", "theme=dark; Path=/", "lang=en"])

    def _answer(self, status: int, body: bytes, cookies: list[str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for cookie in cookies or []:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(ready: Connection) -> None:
    """Serve until the process is ended."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Members) as server:
        server.daemon_threads = True
        ready.send(server.server_address[1])
        server.serve_forever()


def plain_requests(url: str) -> Callable[[], object]:
    """A ``requests.Session`` with the cookies of a sign-in."""
    session = requests.Session()
    session.post(url, data={"username": "ada"})
    return lambda: session.get(url).content


def ours(url: str) -> Callable[[], object]:
    """Our session, signed in and judging every answer."""
    login = FormLogin(url, fill(username="ada", password="benchmark"), logged_in="a.logout")
    session = Session(login, base_url=url)
    return lambda: session.get(url).content


def bare_urllib3(url: str) -> Callable[[], object]:
    """urllib3 alone: the floor."""
    pool = urllib3.PoolManager()
    headers = {"Cookie": "session=s3cr3t-value; theme=dark; lang=en"}
    return lambda: pool.request("GET", url, headers=headers).data


CLIENTS = {"requests": plain_requests, "urllib3": bare_urllib3, "ours": ours}


def measure(call: Callable[[], object], calls: int) -> float:
    """Return the CPU milliseconds of one call, the mean of a round."""
    start = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - start) / calls * 1000


def main() -> None:
    """Run the rounds and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    context = get_context("spawn")
    ready, told = context.Pipe()
    server = context.Process(target=serve, args=(told,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ready.recv()}/"
    calls = {name: make(url) for name, make in CLIENTS.items()}
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(options.rounds):
        for name, call in calls.items():
            best[name] = min(best[name], measure(call, options.calls))
    for name, cost in best.items():
        print(f"{name:10} {cost:6.3f} ms CPU per call, {cost / best['requests']:5.2f} of requests")
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
