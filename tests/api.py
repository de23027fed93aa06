"""An API with tokens, on loopback, with levers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from tests.servers import Asked, Reply, Server, serving

PASSWORD = "c0rrect-Horse"
PAGES = 40


class Api:
    """Members read ``/items/N`` with an access token, which a refresh token renews, each of them once.

    Its levers: `lifetime` is what it says of the access token, in seconds; `stranger` is the status for whom
    it does not know; `uses` ends an access token after so many pages; `loses` leaves the answer to a refresh
    out, though it counts; with `is_single` a new access token ends those before.
    """

    def __init__(self) -> None:
        self.lifetime: float | None = None
        self.stranger, self.uses, self.loses, self.is_single = 401, 0, False, False
        self.count, self.logins, self.refreshes = 0, 0, 0
        self.access: dict[str, int] = {}
        self.refresh: set[str] = set()
        self.reused: list[str] = []
        self.failed_logins = 0
        self._lock = threading.Lock()
        self.server: Server

    def expire(self) -> None:
        """End all access tokens."""
        self.access.clear()

    def end(self) -> None:
        """End all sessions."""
        self.access.clear()
        self.refresh.clear()

    def url(self, path: str = "/items/1") -> str:
        """Return an address of it."""
        return self.server.url(path)

    def __call__(self, asked: Asked) -> Reply:
        with self._lock:
            if asked.path == "/auth/login":
                return self._login(asked)
            if asked.path == "/auth/refresh":
                return self._refresh(asked)
            return self._item(asked)

    def _login(self, asked: Asked) -> Reply:
        given = read(asked)
        if (given.get("email"), given.get("password")) != ("ada@shop.example", PASSWORD):
            self.failed_logins += 1
            return answer({"errors": [{"message": "Invalid user credentials."}]}, 401)
        self.logins += 1
        return self._grant()

    def _refresh(self, asked: Asked) -> Reply:
        token = str(read(asked).get("refresh_token"))
        self.refreshes += 1
        if "Authorization" in asked.headers:
            return answer({"detail": "Token expired."}, 401)
        if token not in self.refresh:
            self.reused.append(token)
            self.end()
            return answer({"errors": [{"message": "Invalid refresh token."}]}, 401)
        self.refresh.remove(token)
        granted = self._grant()
        return Reply(200, [("Content-Length", "9")]) if self.loses else granted

    def _grant(self) -> Reply:
        self.count += 1
        if self.is_single:
            self.access.clear()
        access, refresh = f"acc3ss-token-{self.count:08}", f"r3fresh-token-{self.count:08}"
        self.access[access] = 0
        self.refresh.add(refresh)
        data = {"access_token": access, "refresh_token": refresh}
        return answer({"data": data if self.lifetime is None else {**data, "expires_in": self.lifetime}})

    def _item(self, asked: Asked) -> Reply:
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.access:
            return answer({"errors": [{"message": "You don't have permission."}]}, self.stranger)
        self.access[token] += 1
        if 0 < self.uses <= self.access[token]:
            del self.access[token]
        return answer({"data": {"path": asked.path}})


@contextmanager
def running() -> Iterator[Api]:
    """Run an API while the block runs."""
    api = Api()
    with serving(api) as api.server:
        yield api


def levered(api: Api, path: str, lever: Callable[[], object]) -> None:
    """Pull a lever once, when a page is asked for."""
    pulled: list[object] = []
    usual = api.server.answer

    def answers(asked: Asked) -> Reply:
        if asked.path == path and not pulled:
            pulled.append(lever())
        return usual(asked)

    api.server.answer = answers


def read(asked: Asked) -> dict[str, Any]:
    """Return what was sent, as JSON or as a form."""
    if asked.headers.get("Content-Type") == "application/json":
        return dict(json.loads(asked.body))
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


def answer(data: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """Return an answer in JSON."""
    return Reply(status, [("Content-Type", "application/json"), *headers], json.dumps(data).encode())
