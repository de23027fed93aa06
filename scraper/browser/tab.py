"""`Tab`: one page of a browser: what it shows, what it has sent, and what is done on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urldefrag

from requests.structures import CaseInsensitiveDict

from scraper.browser.faults import is_playwright_s
from scraper.browser.snapshot import COPY, MARK, SETTLE, STIR, page_of
from scraper.errors import FetchError
from scraper.request import Request, is_http, origin
from scraper.response import Response

__all__ = ["MARK", "Tab"]

T = TypeVar("T")

QUIET = 0.3
"""Seconds without a request under way and without a change: then a page is done."""

MOST_MOVES = 5
"""So often a page is looked at anew that has gone elsewhere meanwhile."""

_ENDLESS = frozenset(("eventsource", "websocket", "ping", "media"))
_FIELDS = "input:not([type=submit]):not([type=button]), textarea, select, [contenteditable]"


class Tab:
    """One page. Everything here runs in the loop of its browser.

    What a script was answered counts as what the page was, where its address `matters`.
    """

    def __init__(self, page: Any, matters: Callable[[str], bool] = lambda url: True) -> None:
        self.page, self._matters = page, matters
        self.popups: list[Tab] = []
        self.answer: Any = None
        self.history: list[str] = []
        self.said: list[str] = []
        self.sent = self.submits = 0
        self.refused: Any = None
        self.got: list[tuple[int, str]] = []
        self._under_way: set[Any] = set()
        self._frame: Any = None
        self._live: Any = None
        for event in ("request", "requestfinished", "requestfailed", "response", "dialog", "popup"):
            page.on(event, getattr(self, f"_on_{event}"))

    @property
    def is_closed(self) -> bool:
        """Whether somebody has closed it."""
        return bool(self.page.is_closed())

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self.page.url)

    @property
    def opened(self) -> list[Tab]:
        """This tab and all windows that came of it, those that are open."""
        tabs = [self, *(tab for popup in self.popups for tab in popup.opened)]
        return [tab for tab in tabs if not tab.is_closed]

    # What happens on it

    def _on_request(self, request: Any) -> None:
        self.sent += 1
        is_plain = request.method == "GET" and not request.is_navigation_request()
        self.submits += not is_plain and request.resource_type != "ping"
        self._under_way.discard(request.redirected_from)
        if request.resource_type not in _ENDLESS:
            self._under_way.add(request)

    def _on_requestfinished(self, request: Any) -> None:
        self._under_way.discard(request)

    _on_requestfailed = _on_requestfinished

    def _on_response(self, response: Any) -> None:
        """Remember the answer that the page came with, and one by which a script was refused something."""
        request = response.request
        with suppress(Exception):  # a request of a page that is gone has no frame
            if request.is_navigation_request() and request.frame == self.page.main_frame:
                self.history += [self.answer.url] if self.answer is not None else []
                self.answer, self.refused, self.got = response, None, []
                return
            if request.resource_type in ("xhr", "fetch"):
                self.got.append((response.status, response.url))
            if request.method != "GET" and self._matters(response.url):
                self.refused = response if response.status >= 400 else None

    def _on_popup(self, page: Any) -> None:
        self.popups.append(Tab(page, self._matters))

    async def _on_dialog(self, dialog: Any) -> None:
        """Note what a page says in a dialog, and let it go on: yes to what only tells, no to what asks."""
        is_told = dialog.type in ("alert", "beforeunload")
        self.said += [dialog.message] if dialog.type == "alert" else []
        with suppress(Exception):
            await (dialog.accept() if is_told else dialog.dismiss())

    # What it shows

    async def open(self, url: str, referer: str | None = None) -> bool:
        """Go to `url`; return once an answer has begun to come, and whether it is a page."""
        try:
            await self.page.goto(url, wait_until="commit", referer=referer, timeout=0)
        except Exception as error:
            if not is_playwright_s(error) or "Download is starting" not in str(error):
                raise
            return False
        return True

    @property
    def is_busy(self) -> bool:
        """Whether something is still under way."""
        return bool(self._under_way)

    async def settle(self, seconds: float) -> bool:
        """Wait until nothing is under way and nothing changes, so long at most; return whether it is so."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            before = self.sent
            is_quiet = await self._evaluate(SETTLE, [1000 * QUIET, 1000 * left])
            if is_quiet and not self._under_way and self.sent == before:
                return True
        return False

    async def stirs(self, seconds: float) -> bool:
        """Wait until something changes, so long at most; return whether it has."""
        before, deadline = self.sent, time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            has_changed = await self._evaluate(STIR, 1000 * min(left, QUIET))
            if has_changed is not False or self.sent != before:
                return True
        return False

    async def _evaluate(self, script: str, argument: Any) -> Any:
        """Run a script that waits; ``None`` where the page went elsewhere meanwhile."""
        try:
            return await self.page.evaluate(script, argument)
        except Exception as error:
            if not self._has_moved(error):
                raise
            await self.page.wait_for_load_state("domcontentloaded")
            return None

    async def look(self, origins: Collection[str] = ()) -> Response:
        """Return the page as it is now, its fields marked; a frame of `origins` if they are there."""
        return await self._steadily(lambda: self._looked(origins))

    async def _steadily(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return what `read` does of the page; anew where that has gone elsewhere meanwhile."""
        for _ in range(MOST_MOVES):
            try:
                return await read()
            except Exception as error:
                if not self._has_moved(error):
                    raise
                await self.page.wait_for_load_state("domcontentloaded")
        raise FetchError("The browser goes from page to page without an end.")

    def _has_moved(self, error: Exception) -> bool:
        """Whether an error only says that the page went elsewhere meanwhile."""
        return is_playwright_s(error) and not self.is_closed and "crash" not in str(error)

    async def _looked(self, origins: Collection[str]) -> Response:
        main = self.page.main_frame
        page = await self._copied(main)
        if page.has_password_field:
            return page
        for frame in self.page.frames:
            if frame != main and origin(frame.url) in origins:
                with suppress(FetchError):
                    framed = await self._copied(frame)
                    if framed.has_password_field:
                        return framed
        return await self._copied(main) if self._frame != main else page

    async def _copied(self, frame: Any) -> Response:
        if not is_http(frame.url):
            raise FetchError("The browser shows no page: it did not get through.")
        self._frame, self._live = frame, await frame.evaluate_handle(COPY, MARK)
        source = await self._live.evaluate("it => it.source")
        return page_of(
            source, frame.url, status=self._status, headers=self._headers, said=self.said, history=self._path
        )

    async def rendered(self, request: Request) -> Response:
        """Return the page as its scripts have made it, or the body of what is no HTML."""
        answer = self.answer
        headers = CaseInsensitiveDict(await answer.all_headers())
        is_html = "html" in headers.get("Content-Type", "html")
        source: str = await self._steadily(self.page.content) if is_html else ""
        content = source.encode("utf-8", "replace") if is_html else await answer.body()
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
            headers.pop(name, None)
        if is_html:
            headers["Content-Type"] = "text/html; charset=utf-8"
        response = Response(
            urldefrag(self.page.url)[0],
            status=int(answer.status),
            headers=headers,
            content=content,
            request=request,
            history=self._path,
        )
        response.set_cookies = tuple(await answer.header_values("set-cookie"))
        return response

    @property
    def _path(self) -> tuple[str, ...]:
        return tuple(url for url in self.history if is_http(url))

    @property
    def _status(self) -> int:
        answer = self.refused or self.answer
        return int(answer.status) if answer is not None else 200

    @property
    def _headers(self) -> Mapping[str, str]:
        answer = self.refused or self.answer
        return answer.headers if answer is not None else {}

    # What is done on it

    async def fill(self, values: Iterable[tuple[str, str | bool]]) -> None:
        """Type into, choose in, or tick, each field that was marked so on the page last looked at."""
        for mark, value in values:
            field = await self._marked(mark)
            if isinstance(value, bool):
                await field.set_checked(value, force=True)
            elif await field.evaluate("it => it.tagName") == "SELECT":
                await field.select_option(value)
            else:
                await field.fill(value)

    async def press(
        self, mark: str | None, field: str | None, seconds: float, is_over: Callable[[], bool]
    ) -> bool:
        """Press a button, or Enter in a field; return whether anything was sent, said or opened then."""
        before, self.said = self._moves, []
        self.refused = None
        if mark is not None:
            button = await self._marked(mark)
            await button.click(timeout=1000 * seconds, no_wait_after=True)
        elif field is not None:
            await (await self._marked(field)).press("Enter", no_wait_after=True)
        deadline = time.monotonic() + seconds
        while self._moves == before and not (self.said or is_over()) and time.monotonic() < deadline:
            await self.stirs(QUIET)
        return self._moves != before or bool(self.said)

    @property
    def _moves(self) -> int:
        """How often something was sent that may submit, or a window opened."""
        return self.submits + len(self.popups)

    async def _marked(self, mark: str) -> Any:
        handle = await self._live.evaluate_handle("(it, mark) => it.live[mark]", int(mark))
        return handle.as_element()

    async def evaluate(self, script: str) -> Any:
        """Return what a script comes to on the page."""
        return await self.page.evaluate(script)

    async def picture(self, secrets: Iterable[str]) -> bytes:
        """Return a PNG of the page, with bars over all that is typed, and over `secrets` where they show."""
        hidden = [self.page.get_by_text(secret) for secret in secrets]
        masks = [frame.locator(_FIELDS) for frame in self.page.frames]
        return await self.page.screenshot(mask=[*masks, *hidden], full_page=False)  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close it."""
        with suppress(Exception):
            await asyncio.wait_for(self.page.close(), 5)
