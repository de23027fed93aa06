"""`Browser`: one Chromium, with the cookies of a session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar

from scraper.browser.faults import is_playwright_s, sentences
from scraper.browser.guard import Guard, Outgoing
from scraper.browser.loop import Loop
from scraper.browser.setup import Setup
from scraper.browser.tab import Tab
from scraper.errors import ConfigError, FetchError

log = logging.getLogger(__name__)

T = TypeVar("T")

START_SECONDS = 60.0
STOP_SECONDS = 5.0


class Browser:
    """A Chromium that runs until it is closed, or this process ends; any thread may use it.

    `state` are cookies and local storage in the shape of Playwright's ``storage_state``. Every request passes
    the `guard`. Raises `ConfigError` where Playwright or Chromium is missing, `FetchError` where it does not
    start.
    """

    def __init__(self, setup: Setup, guard: Guard) -> None:
        self.setup, self.guard = setup, guard
        self._loop = Loop()
        self._tasks = set[asyncio.Task[None]]()
        self._playwright: Any = None
        self._browser: Any = None
        self._devtools: Any = None
        self._context: Any = None
        try:
            self.run(self._start(), "the start", START_SECONDS)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, steps: Coroutine[Any, Any, T], url: str, seconds: float) -> T:
        """Do `steps`, which are about `url`, in so many seconds. Raises `FetchError`."""
        with sentences(url):
            return self._loop.run(steps, seconds)

    @property
    def is_alive(self) -> bool:
        """Whether Chromium still runs."""
        return self._browser is not None and bool(self._browser.is_connected())

    def close(self) -> None:
        """End Chromium."""
        self._loop.stop(self._stop(), STOP_SECONDS)

    # What runs in the loop

    async def _start(self) -> None:
        try:
            from playwright.async_api import async_playwright
        except ImportError as error:
            raise ConfigError(
                "A browser needs Playwright: pip install 'login-aware-scraper[browser]'."
            ) from error
        self._playwright = await async_playwright().start()
        chromium = self._playwright.chromium
        options = self.setup.launching(chromium.executable_path)
        try:
            self._browser = await chromium.launch(**options)
        except Exception as error:
            if not is_playwright_s(error):
                raise
            raise FetchError(f"{options['executable_path']} did not start as a browser.") from None
        self._devtools = await self._browser.new_browser_cdp_session()
        self._devtools.on("Fetch.requestPaused", self._see)
        await self._devtools.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})

    async def renew(self, state: Mapping[str, Any]) -> None:
        """Begin anew, with the cookies and the local storage of `state`."""
        if self._context is not None:
            await self._context.close()
        origins = [*state.get("origins", ())]
        self._context = await self._browser.new_context(
            storage_state={"cookies": [], "origins": origins}, **self.setup.context()
        )
        await self._context.route_web_socket(self.guard.refuses_socket, lambda socket: socket.close())
        await self.give(state["cookies"])

    async def give(self, cookies: Sequence[Mapping[str, Any]]) -> None:
        """Put cookies in; one that Chromium does not take is left out."""
        try:
            await self._context.add_cookies(cookies)
        except Exception as error:
            if not is_playwright_s(error) or len(cookies) < 2:
                log.debug("Chromium did not take a cookie.")
                return
            for cookie in cookies:
                await self.give([cookie])

    async def take_away(self, place: tuple[str, str, str]) -> None:
        """Take away the cookie of a domain, path and name."""
        domain, path, name = place
        await self._context.clear_cookies(domain=domain, path=path, name=name)

    async def tab(self) -> Tab:
        """Open a tab."""
        return Tab(await self._context.new_page(), self.guard.matters)

    async def cookies(self) -> list[Mapping[str, Any]]:
        """Return all cookies."""
        return await self._context.cookies()  # type: ignore[no-any-return]

    async def storage(self) -> list[Mapping[str, Any]]:
        """Return the local storage by origin, as ``storage_state`` has it."""
        return (await self._context.storage_state())["origins"]  # type: ignore[no-any-return]

    def _see(self, event: Mapping[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._decide(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _decide(self, event: Mapping[str, Any]) -> None:
        """Let a request go out, or not; where that cannot be told, not."""
        verb, more = "Fetch.failRequest", dict[str, Any](errorReason="BlockedByClient")
        try:
            request = Outgoing.of(event)
            if not self.guard.refuses(request):
                verb, more = "Fetch.continueRequest", _with(request, self.guard.headers_for(request))
        except Exception:
            log.warning("A request of the browser was not sent.", exc_info=True)
        with suppress(Exception):  # the page that asked may be gone
            await self._devtools.send(verb, {"requestId": event["requestId"], **more})

    async def _stop(self) -> None:
        for end in (self._browser and self._browser.close, self._playwright and self._playwright.stop):
            with suppress(Exception):
                await (end() if end else asyncio.sleep(0))


def _with(request: Outgoing, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what is to be said of a request that goes out with some more headers."""
    every = {**request.headers, **headers}
    return {"headers": [{"name": name, "value": every[name]} for name in every]} if headers else {}
