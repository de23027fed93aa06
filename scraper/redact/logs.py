"""Logs and tracebacks without secrets."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from scraper.redact.values import redact


def install() -> None:
    """Redact every log record from now on, of any logger and for any handler, also one added later.

    It stands where records are made (``logging.setLogRecordFactory``), before any handler or formatter sees
    them. A record is only touched where it holds a secret: then its message is final and its ``args`` are
    empty, and a traceback with a secret is in ``exc_text``, with ``exc_info`` gone, so that no formatter
    renders it anew. Calling this twice does no harm.

    Not covered: values given as ``extra=``, which logging adds later; records of another process, or made
    without the factory; handlers that show local variables; a factory set later that does not call this one;
    what is printed, such as by ``http.client`` at its debug level, or warned of without
    ``logging.captureWarnings``.
    """
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _RecordFactory):
        logging.setLogRecordFactory(_RecordFactory(factory))


class _RecordFactory:
    """Makes log records as the factory before it did, and cleans them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            _clean(record)
        except Exception:  # a log line never ends the program, and what cannot be read may hold a secret
            record.msg, record.args = "This log record cannot be shown.", ()
            record.exc_info, record.stack_info = None, None
        return record


def _clean(record: logging.LogRecord) -> None:
    """Take registered values out of a record's message, traceback and stack."""
    text = _message(record)
    if (clean := redact(text)) != text:
        record.msg, record.args = clean, ()
    if record.exc_info:
        text = "".join(traceback.format_exception(*record.exc_info)).removesuffix("\n")
        if (clean := redact(text)) != text:
            record.exc_info, record.exc_text = None, clean
    if record.stack_info:
        record.stack_info = redact(record.stack_info)


def _message(record: logging.LogRecord) -> str:
    """Return what will be shown: the message, or, where it does not fit its arguments, both of them."""
    try:
        return record.getMessage()
    except Exception:
        return f"{record.msg!r} % {record.args!r}"


def redacted_traceback(error: BaseException) -> str:
    """Return the traceback of `error` as Python prints it, with causes, groups and notes, without secrets."""
    return redact("".join(traceback.format_exception(error)))


def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an uncaught exception without secrets; in place of ``sys.excepthook``."""
    print(redacted_traceback(error.with_traceback(trace)), end="", file=sys.stderr, flush=True)


def show_uncaught() -> None:
    """Print uncaught exceptions without secrets from now on, in the main thread and in all others."""
    sys.excepthook = excepthook
    threading.excepthook = _thread_excepthook


def _thread_excepthook(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or issubclass(args.exc_type, SystemExit):
        return
    name = args.thread.name if args.thread else "?"
    print(f"Exception in thread {redact(name)}:", file=sys.stderr)
    excepthook(args.exc_type, args.exc_value, args.exc_traceback)
