"""Serves the benchmark site where nginx is missing, or where each answer is to come late.

    python -m tests.benchmarks.server FOLDER PORT SECONDS

One process and one thread; while an answer waits for its time, others go on.
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import cache
from pathlib import Path

from tests.benchmarks.site import SID, START

LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
MEMBER = re.compile(rb"^cookie:.*\bsid=%s" % SID.encode(), re.IGNORECASE | re.MULTILINE)
SIGNED_IN = f"HTTP/1.1 303 See Other\r\nLocation: {START}\r\nSet-Cookie: sid={SID}; Path=/; HttpOnly\r\n"
STRANGER = "HTTP/1.1 302 Found\r\nLocation: /login\r\n"


class Connection(asyncio.Protocol):
    """A kept connection."""

    folder, latency = Path(), 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is there as a whole."""
        self.buffer += data
        while True:
            head, blank, rest = self.buffer.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            size = int(length[1]) if length else 0
            if not blank or len(rest) < size:
                return
            self.buffer = rest[size:]
            asyncio.get_running_loop().call_later(self.latency, self.answer, self._answer_to(head))

    def answer(self, data: bytes) -> None:
        """Send an answer, unless the client has gone."""
        if not self.transport.is_closing():
            self.transport.write(data)  # type: ignore[attr-defined]

    def _answer_to(self, head: bytes) -> bytes:
        method, target, _ = head.split(b" ", 2)
        if target == b"/login":
            return page(self.folder / "login.html") if method == b"GET" else whole(SIGNED_IN)
        if not MEMBER.search(head):
            return whole(STRANGER)
        return page(self.folder / f"{target.decode()[1:]}.html")


@cache
def page(path: Path) -> bytes:
    """Return the answer that a file is."""
    found = path.is_file()
    status = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    return whole(status, path.read_bytes()) if found else whole("HTTP/1.1 404 Not Found\r\n")


def whole(head: str, body: bytes = b"") -> bytes:
    """Return an answer with its length."""
    return f"{head}Content-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n".encode() + body


async def serve(folder: str, port: str, latency: str) -> None:
    """Serve until the process is ended."""
    Connection.folder, Connection.latency = Path(folder), float(latency)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(port), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
