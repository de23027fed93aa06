"""`Guard`: sees every request of a browser before it goes out: of pages, frames, workers, and redirected."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from scraper.session import Session


@dataclass(frozen=True)
class Outgoing:
    """A request that is about to go out; `kind` is Chromium's: ``Document``, ``XHR``, ``Image``..."""

    url: str
    method: str
    kind: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an event ``Fetch.requestPaused`` of the DevTools protocol."""
        request = event["request"]
        parts = [base64.b64decode(entry.get("bytes", "")) for entry in request.get("postDataEntries", ())]
        body = b"".join(parts) or request.get("postData", "").encode()
        return cls(request["url"], request["method"], event["resourceType"], request["headers"], body)


_BROWSER_S = frozenset(("user-agent", "accept", "accept-encoding", "connection", "cookie"))


def belongings(session: Session, url: str) -> dict[str, str]:
    """Return the headers that `session` would send to `url`, of its own or for its credentials."""
    prepared = session.prepare_request(requests.Request("GET", url))
    headers = prepared.headers.items()
    return {name: str(value) for name, value in headers if name.lower() not in _BROWSER_S}


class Guard:
    """Lets every request pass as it is."""

    def refuses(self, request: Outgoing) -> bool:
        """Whether this request is not to go out."""
        return False

    def refuses_socket(self, url: str) -> bool:
        """Whether no WebSocket to `url` is to be opened."""
        return False

    def matters(self, url: str) -> bool:
        """Whether what a script sends to `url`, and is answered, is what its page is there for."""
        return True

    def headers_for(self, request: Outgoing) -> Mapping[str, str]:
        """Return what goes along with it in addition."""
        return {}
