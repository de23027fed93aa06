"""The practice site as a whole: a world, and a server that shows it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from .members import READER
from .world import World

if TYPE_CHECKING:
    from .server import SiteServer


class PracticeSite(World):
    """A members-only bookshop with levers, served on this machine while a `with` block runs.

    Levers are set here by name or later as attributes: `site.sign_out_after = 100`. A `port` of 0
    takes any free one, and so does `or_any_port` when the wanted one is busy. `clock` stands in for
    `time.time` wherever a lever counts seconds, apart from `latency`.
    """

    __slots__ = ("_log", "_or_any_port", "_server", "host", "port")

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        or_any_port: bool = False,
        log: bool = False,
        clock: Callable[[], float] = time.time,
        **levers: Any,
    ) -> None:
        super().__init__(clock, **levers)
        self.host = host
        self.port = port
        self._or_any_port = or_any_port
        self._log = log
        self._server: SiteServer | None = None

    @property
    def url(self) -> str:
        """The address of the site, without a slash at the end."""
        if self._server is None:
            raise RuntimeError("The practice site is not running; use it in a with block, or call start().")
        return f"http://{self.host}:{self._server.port}"

    @property
    def username(self) -> str:
        """The user name of the member called reader."""
        return READER.username

    @property
    def password(self) -> str:
        """The password of the member called reader."""
        return READER.password

    def start(self) -> Self:
        """Begin to serve.

        Raise, with a sentence, OSError if the port is busy, and ModuleNotFoundError without Flask.
        """
        # Here and not above, so that who lacks Flask can still ask for --help and be told what to install.
        try:
            from .app import app_of
            from .server import SiteServer, listen
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"The practice site needs {error.name}; install it: python -m pip install {error.name}",
                name=error.name,
            ) from error

        if self._server is not None:
            raise RuntimeError(f"The practice site already runs at {self.url}.")
        self.stopping.clear()
        with listen(self.host, self.port, or_any_port=self._or_any_port) as listening:
            self._server = SiteServer(listening, app_of(self), opened=self._opened, log_requests=self._log)
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every connection and return when nothing of the server is left; the counts stay."""
        if self._server is not None:
            self.stopping.set()
            self._server.stop()
            self._server = None

    def _opened(self) -> None:
        self.tally.add("connections")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
