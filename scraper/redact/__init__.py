"""No secret leaves by a log, a snapshot, a report or a traceback."""

from scraper.redact.logs import excepthook, install, redacted_traceback, show_uncaught
from scraper.redact.names import looks_secret, redact_json, redact_url, register_url, secrets_of_url
from scraper.redact.values import (
    MASK,
    forget_all,
    is_token,
    redact,
    redact_bytes,
    register,
    registered_in,
    replace_bytes,
    unfit,
)

__all__ = [
    "MASK",
    "excepthook",
    "forget_all",
    "install",
    "is_token",
    "looks_secret",
    "redact",
    "redact_bytes",
    "redact_json",
    "redact_url",
    "redacted_traceback",
    "register",
    "register_url",
    "registered_in",
    "replace_bytes",
    "secrets_of_url",
    "show_uncaught",
    "unfit",
]
