"""JSON inside of scripts: whole, behind an assignment, with comments around or small faults in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

TRIES = 100
"""At so many places of a script a beginning of JSON is looked for at most."""

_decoder = json.JSONDecoder(strict=False)
_start = re.compile(r"[=(:,>/\s]\s*(?=[{\[])|\A(?=[{\[])")
_spare_comma = re.compile(r",\s*[}\]]")


@lru_cache(maxsize=8)
def documents_in(script: str) -> tuple[Any, ...]:
    """Return each JSON object or array in the text of a script, from the outside; not those inside another.

    ``window.STATE = {...};``, CDATA sections and comments around are passed over, and so is what is no JSON;
    a spare comma at an end is forgiven. The latest scripts are kept, as one page is asked for many fields.
    Nobody may change what comes back.
    """
    return tuple(_documents(script))


def _documents(script: str) -> Iterator[Any]:
    position = 0
    for _ in range(TRIES):
        match = _start.search(script, position)
        if match is None:
            return
        try:
            document, position = _decoder.raw_decode(script, match.end())
        except json.JSONDecodeError as error:
            comma = _spare_comma_at(script, error.pos)
            if comma is None:
                position = match.end() + 1
            else:
                script = f"{script[:comma]} {script[comma + 1 :]}"
        except RecursionError:
            return
        else:
            if document:
                yield document


def _spare_comma_at(script: str, position: int) -> int | None:
    """Return where the comma stands that is one too many, if that is why JSON ends at `position`."""
    comma = script.rfind(",", 0, position + 1)
    match = _spare_comma.match(script, comma) if comma >= 0 else None
    return comma if match is not None and match.end() > position else None
