"""Pages to read in tests, without a network."""

from collections.abc import Callable
from typing import Any

from scraper import Response

URL = "https://shop.example/books/list"


def page(
    html: str | bytes = "", url: str = URL, *, type: str = "text/html; charset=utf-8", **options: Any
) -> Response:
    """An answer with this HTML."""
    content = html if isinstance(html, bytes) else html.encode()
    return Response(url, content=content, headers={"Content-Type": type} if type else {}, **options)


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.times = function, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.times += 1
        return self.function(*args, **kwargs)
