"""`Download`: one file on its way to the disk, over as many connections as it takes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError

from scraper.answers import fetch_error, response_of
from scraper.client import CHUNK
from scraper.errors import FetchError
from scraper.redact import redact_url
from scraper.request import Request
from scraper.response import HTML, Response
from scraper.storage import Part, Saved, Storage
from scraper.turns import passed

if TYPE_CHECKING:
    from scraper.proof import Proof

log = logging.getLogger(__name__)

NO_SUCH_PART = 416
"""The status of a file that has no bytes behind those there are: they are all of it, or of another one."""

MAX_FILE = 1024**3
"""Bytes of a file at most, unless it is said otherwise."""


class Download:
    """Fetches a file; an answer that may be a page for strangers is judged before it counts as one."""

    def __init__(self, session: Proof, request: Request, storage: Storage, limit: int) -> None:
        self.session, self.request, self.storage, self.limit = session, request, storage, limit
        self.epoch, self.account = session.epoch, session.account
        self.attempts, self.started = 0, time.monotonic()

    def run(self) -> tuple[Response, Saved | None]:
        """Fetch it, and go on where it breaks off, as often in vain as the session's `Retry` says."""
        with self.storage.part(self.request.url, self.account) as part:
            left = self.session.retry.attempts
            while True:
                had = part.size
                try:
                    return self._try(part)
                except FetchError:
                    raise
                except (requests.RequestException, HTTPError, TimeoutError) as error:
                    left = left if part.size > had else left - 1
                    if not left or self.session.is_hurried:
                        raise fetch_error(error, self.request) from error
                    log.info("%s broke off at %d bytes.", redact_url(self.request.url), part.size)

    def _try(self, part: Part) -> tuple[Response, Saved | None]:
        headers = {**self.request.headers, **part.headers()}
        answer, attempts = self.session._answer(self.request, headers, stream=True, waits=False)
        self.attempts += attempts
        try:
            if answer.status_code == NO_SUCH_PART and part.size:
                part.drop()
                return self._try(part)
            response = self._judged(answer)
            if response.auth == "anonymous" or not answer.ok:
                return response, None
            with passed():
                part.take(answer.status_code, answer.headers, _chunks(answer, response), self.limit)
            return response, part.finish(response.content_type)
        finally:
            answer.close()

    def _judged(self, answer: requests.Response) -> Response:
        """Return the answer with what it says of the session: by its body where that may be a page."""
        elapsed = time.monotonic() - self.started
        response = response_of(answer, self.request, content=b"", elapsed=elapsed, attempts=self.attempts)
        if response.content_type in HTML:
            response.content = self.session._read(answer).content
        response.epoch, response.account = self.epoch, self.account
        response.auth = self.session.judge(response)
        return response


def _chunks(answer: requests.Response, page: Response) -> Iterable[bytes]:
    chunks: Iterable[bytes] = answer.iter_content(CHUNK)
    return [page.content] if page.content else chunks
