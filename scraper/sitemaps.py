"""Sitemaps as https://www.sitemaps.org says: lists of the pages of a site, and lists of such lists."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator

from lxml import etree

from scraper.errors import FetchError
from scraper.request import Request, is_http
from scraper.response import Response

log = logging.getLogger(__name__)

MOST_FILES = 1000
LARGEST = 50 * 1024 * 1024
"""Bytes of a sitemap once decompressed, as the protocol allows."""


def pages(addresses: Iterable[str], fetch: Callable[[Request], Response]) -> Iterator[str]:
    """Yield the addresses of all pages that sitemaps list, those in lists of sitemaps too; each file once.

    What cannot be fetched or read is left out, and logged.
    """
    waiting, seen = list(addresses), set[str]()
    while waiting and len(seen) < MOST_FILES:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        try:
            root = _read(fetch(Request(address)))
        except (FetchError, etree.LxmlError, zlib.error, ValueError) as error:
            log.warning("The sitemap %s is left out: %s", address, error)
            continue
        found = [url for url in _locations(root) if is_http(url)]
        if etree.QName(root).localname == "sitemapindex":
            waiting += found
        else:
            yield from found


def _read(answer: Response) -> etree._Element:
    if not answer.ok:
        raise FetchError(f"it answered {answer.status}.")
    content = answer.content
    if content[:2] == b"\x1f\x8b":
        decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        content = decompressor.decompress(content, LARGEST)
        if decompressor.unconsumed_tail:
            raise FetchError(f"it is larger than {LARGEST} bytes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
    root = etree.fromstring(content, parser)
    if root is None:
        raise FetchError("it is no XML.")
    return root


def _locations(root: etree._Element) -> Iterator[str]:
    for entry in root:
        for child in entry:
            if isinstance(child.tag, str) and etree.QName(child).localname == "loc":
                yield (child.text or "").strip()
