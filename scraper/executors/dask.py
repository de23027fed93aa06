"""`cluster`: visits on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from scraper.errors import ConfigError
from scraper.executors.elsewhere import Elsewhere
from scraper.executors.workers import MOST_LOSSES, Visiting
from scraper.spider import Spider

CONNECT_SECONDS = 10


def cluster(visit: Visiting, spider: Spider, address: str) -> Elsewhere:
    """Return workers on the Dask cluster whose scheduler is at `address`, such as ``tcp://10.0.0.5:8786``.

    Raises `ConfigError` where there is none, or Dask is not installed.
    """
    try:
        from distributed import Client as DaskClient
    except ImportError as error:
        raise ConfigError(
            "--cluster needs Dask, which is not installed: pip install 'login-aware-scraper[cluster]'."
        ) from error
    connect: Any = DaskClient
    try:
        client: Any = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"No Dask scheduler answers at {address}; start one with `dask scheduler`."
        ) from error
    number = max(1, len(client.scheduler_info()["workers"]))
    return _Cluster(
        visit, spider, lambda: client.get_executor(pure=False, retries=MOST_LOSSES), number, client
    )


class _Cluster(Elsewhere):
    """Workers of a cluster, and the connection to its scheduler."""

    def __init__(
        self, visit: Visiting, spider: Spider, make: Callable[[], Executor], size: int, client: Any
    ) -> None:
        super().__init__(visit, spider, make, size)
        self._client = client

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers and of the scheduler."""
        super().close(is_hurried=is_hurried)
        self._client.close(timeout=1 if is_hurried else 10)
