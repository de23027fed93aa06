"""`Kept`: a page as a job or a test keeps it, from which the `Response` can be made again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from scraper.redact import redact, redact_bytes, redact_json
from scraper.request import Request
from scraper.response import Response


@dataclass(frozen=True, slots=True)
class Kept:
    """The body of a page, compressed, with its final address and its ``Content-Type``.

    Text is in UTF-8, whatever the site sent, so that one look finds the secrets in it.
    """

    url: str
    type: str
    body: bytes

    @classmethod
    def of(cls, page: Response) -> Kept:
        """Return what to keep of a page, without the secrets that are known here or that JSON calls so."""
        type, content = portable(page)
        clean = redact_json if is_json(page) else redact_bytes
        return cls(redact(page.url), type, zlib.compress(clean(content)))

    @property
    def content(self) -> bytes:
        """The body as it is read."""
        return zlib.decompress(self.body)

    def without_secrets(self) -> Kept:
        """Return it without the secrets that are known here, which a worker elsewhere does not know."""
        content = self.content
        clean = redact_bytes(content)
        return self if clean is content else replace(self, body=zlib.compress(clean))

    def response(self, request: Request, status: int) -> Response:
        """Return the page as the answer to `request`, ready to be read again."""
        headers = {"Content-Type": self.type} if self.type else {}
        return Response(self.url, status=status, headers=headers, content=self.content, request=request)


def portable(page: Response) -> tuple[str, bytes]:
    """Return the ``Content-Type`` and the body of a page, text in UTF-8; of others as they came."""
    type = page.headers.get("Content-Type", "")
    if not is_text(page) or page.encoding == "utf-8":
        return type, page.content
    utf8 = page.text.encode("utf-8", "replace")
    return f"{page.content_type or 'text/html'}; charset=utf-8", utf8


def is_json(page: Response) -> bool:
    """Whether a page is JSON by its type."""
    return "json" in page.content_type


def is_text(page: Response) -> bool:
    """Whether a page is text by its type: HTML, XML, JSON, or another."""
    kind = page.content_type
    return page.is_markup or kind.startswith("text/") or is_json(page) or "javascript" in kind
