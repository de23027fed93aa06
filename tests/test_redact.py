"""What is registered shows nowhere, however it is written; what is not stays as it is."""

import html
import io
import json
import logging
import logging.handlers
import queue
import string
import sys
import threading
import time
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex, token_urlsafe
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import _basic_auth_str

from scraper import JsonLogin, Session
from scraper.errors import ConfigError
from scraper.redact import (
    MASK,
    excepthook,
    forget_all,
    install,
    looks_secret,
    redact,
    redact_bytes,
    redact_json,
    redact_url,
    redacted_traceback,
    register,
    register_url,
    show_uncaught,
    unfit,
)
from scraper.redact import values as module
from scraper.values import Secret, env, prompt, reveal
from tests.servers import Reply, serving

PASSWORD = "p&ss=w%72d+;\"<ünï>' #1?/\\"
TOKEN = "bqVwXk3_0sT-9yZr5LmN"
LINE = f"POST /login?user=reader {PASSWORD} 302"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    forget_all()
    yield
    forget_all()


# However it is written


def every_form(value: str) -> dict[str, str]:
    """`value` as libraries write it."""
    data = value.encode()
    percent = "".join(f"%{byte:02X}" for byte in data)
    latin = value.encode("latin-1") if value.isascii() or max(map(ord, value)) < 256 else data
    forms = {
        "raw": value,
        "quote": quote(value),
        "quote, safe=''": quote(value, safe=""),
        "quote_plus": quote_plus(value),
        "lower-case hex": "".join(part if part[:1] != "%" else part.lower() for part in percents(value)),
        "wholly percent-encoded": percent,
        "wholly percent-encoded in lower case": percent.lower(),
        "percent-encoded Latin-1": quote(latin),
        "a form": urlencode({"password": value}).partition("=")[2],
        "JSON": json.dumps(value)[1:-1],
        "JSON, not only ASCII": json.dumps(value, ensure_ascii=False)[1:-1],
        "JSON of PHP": json.dumps(value)[1:-1].replace("/", "\\/"),
        "JSON of PHP, not only ASCII": json.dumps(value, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        "JSON of Go": json.dumps(value)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026"),
        "JSON of Java": json.dumps(value)[1:-1].replace("<", "\\u003C").replace("'", "\\u0027"),
        "repr": repr(value)[1:-1],
        "repr of a dict": repr({"password": value + "'\""})[14:-5],
        "repr of bytes": repr(data)[2:-1],
        "html.escape": html.escape(value),
        "html.escape without quotes": html.escape(value, quote=False),
        "HTML of markupsafe": html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
        "HTML of PHP": html.escape(value).replace("&#x27;", "&#039;"),
        "HTML in ASCII": html.escape(value).encode("ascii", "xmlcharrefreplace").decode(),
        "HTML, hexadecimal": "".join(f"&#x{ord(c):X};" if c in "&<>\"'" else c for c in value),
        "HTML, decimal": "".join(f"&#{ord(c)};" if c in "&<>\"'" else c for c in value),
    }
    for before in ("", "a", "ab", "abc"):
        for after in ("", "x", "xy"):
            whole = before.encode() + data + after.encode()
            forms[f"base64 of {before}~{after}"] = b64encode(whole).decode()
            forms[f"base64 for URLs of {before}~{after}"] = urlsafe_b64encode(whole).decode()
            forms[f"quoted base64 of {before}~{after}"] = quote(b64encode(whole), safe="")
    if latin is not data or value.isascii():
        forms["Basic of requests"] = _basic_auth_str("reader", value)
    return forms


def percents(value: str) -> list[str]:
    """The quoted value, cut so that each percent code is a piece of its own."""
    quoted, pieces = quote(value, safe=""), []
    while quoted:
        length = 3 if quoted[0] == "%" else 1
        pieces.append(quoted[:length])
        quoted = quoted[length:]
    return pieces


fast = settings(max_examples=200, deadline=None)
secrets = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=20).filter(
    lambda value: not unfit(value) and value == value.strip() and not value.isspace()
)
texts = st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize("name", every_form(PASSWORD))
def test_a_password_shows_in_no_form(name):
    register(PASSWORD)
    form = every_form(PASSWORD)[name]
    clean = redact(f"<p>{form}</p>")
    assert MASK in clean
    assert form not in clean
    assert clean.startswith("<p>")
    assert clean.endswith("</p>")


@fast
@given(secrets, texts, texts)
def test_no_form_of_any_secret_survives_in_any_text(secret, before, after):
    forget_all()
    register(secret)
    for name, form in every_form(secret).items():
        clean = redact(before + form + after)
        assert MASK in clean, name
        assert form not in clean, name
        assert secret not in clean, name


@fast
@given(secrets, st.data())
def test_the_forms_may_be_mixed_character_by_character(secret, data):
    forget_all()
    register(secret)
    ways = [str, quote, html.escape, lambda c: json.dumps(c)[1:-1], lambda c: f"&#{ord(c)};"]
    mixed = "".join(
        char if char.isascii() and char.isalnum() else data.draw(st.sampled_from(ways))(char)
        for char in secret
    )
    assert redact(f"({mixed})") == "(***)"


@fast
@given(st.lists(secrets, min_size=1, max_size=5), texts)
def test_of_many_secrets_none_survives(values, between):
    forget_all()
    for value in values:
        register(value)
    clean = redact(between.join(["", *values, *map(quote_plus, values), ""]))
    assert not any(value in clean for value in values)


@fast
@given(texts)
def test_a_text_without_a_secret_comes_out_unchanged(text):
    forget_all()
    register(PASSWORD)
    register(TOKEN, lasting=False)
    assert redact(text) is text


@fast
@given(st.binary(), st.binary())
def test_bytes_that_are_no_text_are_redacted_and_otherwise_unchanged(before, after):
    forget_all()
    register(PASSWORD)
    assert redact_bytes(before) is before
    for data in (PASSWORD.encode(), PASSWORD.encode("latin-1"), b64encode(PASSWORD.encode())):
        clean = redact_bytes(before + b"(" + data + b")" + after)
        assert clean == before + b"(***)" + after


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz", "reader:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz", "&next=/"])
def test_of_base64_no_bit_of_a_secret_is_left(before, after):
    register("hunter2")
    left, mask, right = redact(b64encode(f"{before}hunter2{after}".encode()).decode()).partition(MASK)
    assert mask
    assert len(left) * 6 <= len(before) * 8
    assert len(right.rstrip("=")) * 6 < len(after) * 8 + 6


def test_user_and_password_in_a_basic_header_are_gone():
    register("hunter2-päss")
    utf8, latin1 = (
        b64encode("reader:hunter2-päss".encode()),
        b64encode("reader:hunter2-päss".encode("latin-1")),
    )
    assert _basic_auth_str("reader", "hunter2-päss") == f"Basic {latin1.decode()}"
    for encoded in (utf8, latin1):
        clean = redact(f"Authorization: Basic {encoded.decode()}\r\n")
        assert clean.startswith("Authorization: Basic ")
        assert clean.endswith("***\r\n")


def test_secrets_that_overlap_leave_nothing_of_either():
    for value in ("correct-horse", "horse-battery", "battery-staple", "horse"):
        register(value)
    assert redact("a correct-horse-battery-staple b horse c") == "a *** b *** c"


def test_secrets_that_end_alike_are_told_apart():
    register("first-2025!")
    register("other-2025!")
    assert redact("first-2025! other-2025! third-2025! -2025!") == "*** *** third-2025! -2025!"


def test_what_surrounds_a_secret_stays():
    register("hunter2")
    assert redact("hunter2") == "***"
    assert redact("password=hunter2&next=%2F; hunter; unter2; HUNTER2") == (
        "password=***&next=%2F; hunter; unter2; HUNTER2"
    )


def test_white_space_around_a_secret_does_not_count():
    register("hunter2-from-a-file\n")
    assert redact("hunter2-from-a-file") == "***"


@pytest.mark.parametrize("header", ["Bearer {}", "Token {}", "basic  {}"])
def test_what_follows_the_scheme_of_a_header_counts_alone(header):
    register(header.format(TOKEN))
    assert redact(f'{{"access_token": "{TOKEN}"}}') == '{"access_token": "***"}'


def test_a_cookie_counts_as_it_stands_in_its_header_and_decoded():
    register("s%3Aabcdefgh12345678.xyz%2B", lasting=False)
    register(f'"{TOKEN}"', lasting=False)
    assert redact("s%3Aabcdefgh12345678.xyz%2B s:abcdefgh12345678.xyz+") == "*** ***"
    assert redact(f"sid={TOKEN}") == "sid=***"


@pytest.mark.parametrize("value", ["with \ud800 lone", "undecodable \udcff byte"])
def test_a_secret_may_be_no_valid_text(value):
    register(value)
    assert redact(f"({value})") == "(***)"
    assert redact("lone \ud800") == "lone \ud800"


# What is kept, and what is refused


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "of 0 characters"),
        ("a", "of 1 character "),
        ("abc", "of 3 characters cannot be kept out of logs; it turns up everywhere by chance"),
        ("  abc\n", "of 3 characters"),
        ("2025", "of 4 digits"),
        ("aaaaaaaa", "of one character repeated"),
        ("Password", "that is an everyday word"),
        ("true", "that is an everyday word"),
        ("https", "that is an everyday word"),
    ],
)
def test_what_would_shred_every_log_is_refused_as_a_secret(value, words):
    with pytest.raises(ConfigError, match=words) as caught:
        Secret(value)
    assert "give it as a plain text" in str(caught.value)
    register(value)
    assert redact(LINE + value) == LINE + value


@pytest.mark.parametrize("value", ["abcd", "483920", "hunter2", "passwords!", "truest", "a b c"])
def test_anything_else_is_a_secret(value):
    assert Secret(value).reveal() == value
    assert redact(f"<{value}>") == "<***>"


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        (TOKEN, True),
        ("a1b2c3d4", True),
        ("sessionwithnodigits", True),
        ("1763839999112233", True),
        ("en-US", False),
        ("accepted", False),
        ("1763839999", False),
        ("Europe/Berlin", False),
        ("", False),
    ],
)
def test_of_cookies_only_what_a_machine_made_up_is_kept_secret(value, is_kept):
    register(value, lasting=False)
    assert (redact(f"<{value}>") == "<***>") is is_kept


@pytest.mark.parametrize("is_read_between", [True, False])
def test_of_what_does_not_last_the_oldest_is_forgotten(monkeypatch, is_read_between):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    register("a-credential-1", lasting=True)
    tokens = [f"token-number-{n}" for n in range(5)]
    for token in tokens:
        register(token, lasting=False)
        register(tokens[0], lasting=False)  # this one stays in use
        if is_read_between:
            redact(LINE)
    assert [redact(token) for token in tokens] == ["***", "token-number-1", "token-number-2", "***", "***"]
    assert redact("a-credential-1") == "***"


class Holder:
    """What holds a token."""


def test_what_is_held_is_not_forgotten_before_it_is_let_go(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    holder = Holder()
    register(TOKEN, lasting=False, holder=holder)
    for n in range(5):
        register(f"token-number-{n}", lasting=False)
        register(f"token-number-{n}", lasting=False, holder=holder if n == 2 else None)
    assert [redact(text) for text in (TOKEN, "token-number-2", "token-number-3")] == [
        "***", "***", "token-number-3"
    ]  # fmt: skip
    del holder
    for n in range(5, 8):
        register(f"token-number-{n}", lasting=False)
    assert redact(f"{TOKEN} token-number-2") == f"{TOKEN} token-number-2"


def test_of_more_than_can_be_remembered_the_oldest_is_forgotten_though_it_is_held(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    holder, tokens = Holder(), [f"token-number-{n}" for n in range(5)]
    for token in tokens:
        register(token, lasting=False, holder=holder)
    assert [redact(token) == "***" for token in tokens] == [False, False, True, True, True]


def test_nothing_is_left_of_what_was_forgotten(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    sizes = set()
    for _ in range(20):
        register(token_hex(16), lasting=False)
        redact(LINE)
        sizes.add(len(module._known._table))
    assert max(sizes) <= 3 * 20


def test_a_token_that_turns_out_to_be_a_credential_lasts(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 1)
    register(TOKEN, lasting=False)
    register(TOKEN)
    for _ in range(3):
        register(token_hex(16), lasting=False)
        register(TOKEN, lasting=False)
    assert redact(TOKEN) == "***"


def test_a_cookie_is_kept_out_of_logs_as_long_as_its_jar_has_it_whatever_else_the_site_sets(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    cookies = iter([f"sid={TOKEN}", *(f"nonce=n0nce-of-page-{n}" for n in range(5)), "sid=0ther-session"])
    with (
        serving(lambda asked: Reply(200, [("Set-Cookie", next(cookies))], b"")) as server,
        Session() as session,
    ):
        for _ in range(6):
            session.get(server.url())
        assert redact(str(session.cookies.get_dict())) == "{'sid': '***', 'nonce': '***'}"
        session.get(server.url())
    for n in range(3):
        register(f"token-number-{n}", lasting=False)
    assert redact(TOKEN) == TOKEN


def test_the_tokens_of_a_session_are_kept_out_of_logs_as_long_as_it_has_them(monkeypatch):
    monkeypatch.setattr(module, "PASSING_LIMIT", 3)
    login = JsonLogin("/auth", json={}, token="access", refresh="/renew")
    with Session(login, base_url="http://127.0.0.1") as session:
        session.grant({"access": "acc3ss-token-1", "refresh": "r3fresh-token-1"})
        for n in range(5):
            register(f"token-number-{n}", lasting=False)
        assert redact("acc3ss-token-1 r3fresh-token-1") == "*** ***"
        session.grant({"access": "acc3ss-token-2", "refresh": "r3fresh-token-2"})
        register("token-number-6", lasting=False)
        register("token-number-7", lasting=False)
    assert redact("acc3ss-token-1 r3fresh-token-1") == "acc3ss-token-1 r3fresh-token-1"


def test_the_tokens_of_a_session_that_is_restored_are_kept_out_of_logs():
    tokens = {"access": "acc3ss-token-1", "refresh": "r3fresh-token-1"}
    with Session() as session:
        state = {**session.state(), "tokens": tokens}
    with Session.restore(state) as session:
        assert redact(str(session.tokens)) == "{'access': '***', 'refresh': '***'}"


def test_after_forget_all_nothing_is_secret():
    register(PASSWORD)
    assert redact(LINE) != LINE
    forget_all()
    assert redact(LINE) == LINE


def test_threads_may_register_and_redact_at_once():
    def use(n: int) -> bool:
        tokens = [f"{n}-{token_urlsafe(16)}" for _ in range(60)]
        for token in tokens:
            register(token, lasting=False)
            if redact(f"sid={token};") != "sid=***;":
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(8)))


def test_two_thousand_secrets_cost_nowhere_near_two_thousand_times_what_one_costs():
    page = (
        "<article class='product'><h3><a href='/books/the-long-way_12'>The long way</a></h3></article>\n"
        * 200
    )

    def cost() -> float:
        redact(page)
        moments = [(time.process_time(), redact(page), time.process_time()) for _ in range(15)]
        return min(end - start for start, _, end in moments)

    register(TOKEN)
    one = cost()
    for _ in range(2_000):
        register(token_urlsafe(24), lasting=False)
    assert cost() < 10 * one  # measured: 1 to 2 times


# Values


def test_a_secret_that_is_written_down_is_kept_out_of_logs_at_once():
    Secret(PASSWORD)
    assert redact(LINE) == "POST /login?user=reader *** 302"


def test_what_env_gives_is_kept_out_of_logs_once_it_is_revealed(monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    source = env("SHOP_PASSWORD")()
    assert redact(LINE) == LINE
    assert source.reveal() == PASSWORD
    assert MASK in redact(LINE)


def test_a_user_name_is_revealed_as_no_secret(monkeypatch):
    monkeypatch.setenv("SHOP_USER", "reader")
    for source in (env("SHOP_USER"), "reader", lambda: "reader", env("NONE", "reader")):
        assert reveal(source, is_secret=False) == "reader"
    assert redact("Signed in as reader") == "Signed in as reader"


@pytest.mark.parametrize("source", [PASSWORD, lambda: PASSWORD, env("NONE", PASSWORD)])
def test_any_source_is_kept_out_of_logs_once_it_is_revealed(source):
    assert reveal(source) == PASSWORD
    assert MASK in redact(LINE)


@pytest.mark.parametrize(("hidden", "is_kept"), [(True, True), (False, False)])
def test_what_is_typed_unseen_is_kept_out_of_logs_at_once(monkeypatch, hidden, is_kept):
    terminal = io.StringIO("hunter2\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda question: "hunter2")
    prompt("Password", hidden=hidden)()
    assert (redact("hunter2") == MASK) is is_kept


def test_a_value_that_is_looked_up_may_be_short_and_is_then_not_looked_for(monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "abc")
    assert reveal(env("SHOP_PASSWORD")) == reveal("abc") == "abc"
    assert redact("abc") == "abc"


# Logs


class JsonFormatter(logging.Formatter):
    """As JSON formatters are: they render what the record holds, on their own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"message": record.getMessage(), "args": repr(record.args), "stack": record.stack_info}
        line["trace"] = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        return json.dumps(line)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger, after `install`."""
    before = logging.getLogRecordFactory()
    install()
    register(PASSWORD)
    logger = logging.getLogger("test.redact")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers = []
    logging.setLogRecordFactory(before)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the root logger have these handlers only; not yet, as pytest adds its own after the fixtures."""
    return lambda *handlers: monkeypatch.setattr(logging.getLogger(), "handlers", [*handlers])


@pytest.fixture
def written(log: logging.Logger) -> Callable[[], str]:
    """What a plain handler has written."""
    stream = io.StringIO()
    log.addHandler(logging.StreamHandler(stream))
    return stream.getvalue


def crash(log: logging.Logger, **options: Any) -> None:
    """Log an exception whose text holds the password, and its cause too."""
    try:
        try:
            raise ValueError(f"cause: {PASSWORD}")
        except ValueError as error:
            raise KeyError(PASSWORD) from error
    except KeyError:
        log.exception("went wrong: %s", "badly", **options)


@pytest.mark.parametrize(
    ("message", "args"),
    [
        (f"sent {PASSWORD}", ()),
        ("sent %s", (PASSWORD,)),
        ("sent %r", ({"password": PASSWORD},)),
        ("sent %(it)s", ({"it": PASSWORD},)),
        ("sent %s", (ValueError(PASSWORD),)),
        ("sent %s", (_basic_auth_str("reader", PASSWORD),)),
        ("100 % {}", ()),
        (ValueError(PASSWORD), ()),
        ({"password": PASSWORD}, ()),
    ],
)
def test_a_log_line_holds_no_secret(log, written, message, args):
    log.info(message.replace("{}", PASSWORD) if isinstance(message, str) else message, *args)
    assert MASK in written()
    assert not any(form in written() for form in every_form(PASSWORD).values())


def test_a_line_without_a_secret_is_as_it_was(log, root):
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.Handler()
    handler.emit = records.put  # type: ignore[method-assign]
    root(handler)
    try:
        raise ValueError("harmless")
    except ValueError as error:
        log.warning("%s of %d", "one", 2, exc_info=True)
        kind = type(error)
    record = records.get()
    assert (record.msg, record.args) == ("%s of %d", ("one", 2))
    assert (record.exc_info or [None])[0] is kind
    assert record.exc_text is None


@pytest.mark.parametrize("formatter", [logging.Formatter("%(levelname)s %(message)s"), JsonFormatter()])
def test_a_traceback_in_a_log_holds_no_secret(log, formatter):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    log.addHandler(handler)
    crash(log, stack_info=True)
    text = stream.getvalue()
    assert "went wrong: badly" in text
    assert "ValueError: cause: ***" in text
    assert "KeyError: " in text
    assert "Stack (most recent call last)" in text
    assert not any(form in text for form in every_form(PASSWORD).values())


def test_the_source_lines_of_a_stack_hold_no_secret(log, written):
    register("literal-in-source")
    log.info("here", stack_info=bool("literal-in-source"))
    assert "stack_info=bool(" in written()
    assert "literal-in-source" not in written()


def test_basic_config_and_handlers_added_later_are_covered(log, root):
    root()
    streams = [io.StringIO(), io.StringIO()]
    logging.basicConfig(stream=streams[0], format="%(asctime)s %(name)s %(message)s")
    logging.getLogger().addHandler(logging.StreamHandler(streams[1]))
    logging.getLogger("test.redact.child").warning("sent %s", PASSWORD)
    crash(log)
    for stream in streams:
        assert "sent ***" in stream.getvalue()
        assert PASSWORD not in stream.getvalue()
        assert "KeyError" in stream.getvalue()


def test_the_last_resort_is_covered(log, root, capsys):
    root()
    crash(log)
    shown = capsys.readouterr().err
    assert "went wrong" in shown
    assert "ValueError: cause: ***" in shown
    assert PASSWORD not in shown


def test_caplog_holds_no_secret(log, caplog):
    log.info("sent %s", PASSWORD)
    crash(log)
    assert caplog.messages[0] == "sent ***"
    assert "ValueError: cause: ***" in caplog.text
    assert PASSWORD not in caplog.text + repr([vars(record) for record in caplog.records])


def test_a_queue_of_records_holds_no_secret(log):
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    log.addHandler(logging.handlers.QueueHandler(records))
    crash(log)
    assert PASSWORD not in repr(vars(records.get()))


def test_what_urllib3_logs_of_an_exchange_holds_no_secret(log, caplog, site):
    register(TOKEN, lasting=False)
    with caplog.at_level(logging.DEBUG):
        requests.get(f"{site.url}/books", params={"token": TOKEN, "q": PASSWORD}, timeout=5)
    assert f'"GET /books?token={MASK}&q={MASK} HTTP/1.1"' in caplog.text


def test_captured_warnings_hold_no_secret(log, caplog):
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"sent {PASSWORD}", stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert "sent ***" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_line_whose_arguments_do_not_fit_holds_no_secret_either(log, root, written, capsys):
    root()
    log.info("%s and %s", PASSWORD)
    log.info("%d", PASSWORD)
    assert written().count(MASK) == 2
    assert PASSWORD not in written() + capsys.readouterr().err


def test_a_line_without_a_secret_whose_arguments_do_not_fit_is_complained_about_as_ever(log, root, capsys):
    root(logging.StreamHandler())
    log.info("%s and %s", "one")
    assert "not enough arguments for format string" in capsys.readouterr().err


def test_a_record_that_cannot_be_read_ends_nothing_and_shows_nothing(log, written):
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError(PASSWORD)

    log.info("%s", Broken())
    assert written() == "This log record cannot be shown.\n"


def test_installing_twice_does_no_harm_and_keeps_the_factory_before(log, written):
    factory = logging.getLogRecordFactory()
    install()
    assert logging.getLogRecordFactory() is factory

    def numbered(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        record.msg = f"7: {record.msg}"
        return record

    logging.setLogRecordFactory(numbered)
    install()
    log.info("sent %s", PASSWORD)
    assert written() == "7: sent ***\n"


# Tracebacks


def tangle() -> BaseException:
    """A group of errors with causes, contexts and notes, the password in each of them."""
    errors: list[Exception] = []
    for chained in (True, False):
        try:
            try:
                raise ValueError(f"inner {PASSWORD}")
            except ValueError as error:
                raise RuntimeError(repr({"password": PASSWORD})) from (error if chained else None)
        except RuntimeError as error:
            error.add_note(f"note: {PASSWORD}")
            errors.append(error)
    return ExceptionGroup(f"both {PASSWORD}", errors)


def test_a_traceback_holds_no_secret_in_causes_groups_and_notes():
    register(PASSWORD)
    text = redacted_traceback(tangle())
    assert not any(form in text for form in every_form(PASSWORD).values())
    for line in (
        "ExceptionGroup: both ***",
        "ValueError: inner ***",
        "RuntimeError: {'password': ",
        "note: ***",
    ):
        assert line in text


def test_an_uncaught_exception_is_shown_without_secrets(capsys):
    register(PASSWORD)
    error = tangle()
    excepthook(type(error), error, error.__traceback__)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == redacted_traceback(error)


def test_show_uncaught_covers_threads_too(capsys, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    register(PASSWORD)

    def fail(error: BaseException) -> None:
        raise error

    show_uncaught()
    assert sys.excepthook is excepthook
    for error in (ValueError(PASSWORD), SystemExit(PASSWORD)):
        thread = threading.Thread(target=fail, args=[error], name="worker 7")
        thread.start()
        thread.join()
    shown = capsys.readouterr().err
    assert shown.startswith("Exception in thread worker 7:\nTraceback (most recent call last)")
    assert shown.endswith("ValueError: ***\n")


# Names and addresses


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "X-Api-Key",
            "X-Auth-Token",
            "apikey",
        ),
        *(
            "X-API-Key",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "Ocp-Apim-Subscription-Key",
            "X-CSRF-Token",
        ),
        *(
            "access_token",
            "accessToken",
            "refresh_token",
            "id_token",
            "client_secret",
            "clientSecret",
            "secret",
        ),
        *(
            "password",
            "user[password]",
            "PASSWORD",
            "new-passwd",
            "pwd",
            "pw",
            "pass",
            "passphrase",
            "Passwort",
        ),
        *(
            "PHPSESSID",
            "JSESSIONID",
            "ASP.NET_SessionId",
            "connect.sid",
            "sessionid",
            "session",
            "sid",
            "sig",
        ),
        *("key", "code", "auth", "auth_code", "jwt", "otp", "pin", "signature", "ticket", "SAMLResponse"),
        *("csrfmiddlewaretoken", "credentials", "contraseña", "OAuth2"),
    ],
)
def test_names_that_secrets_go_by_look_secret(name):
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Accept", "Accept-Language", "X-Request-Id", "Keyboard-Layout", "Author", "User-Agent", "Referer"),
        *("Content-Type", "Origin", "Idempotency-Key", "Sec-WebSocket-Key", "Surrogate-Key", "sort_key"),
        *(
            "Public-Key-Pins",
            "page",
            "q",
            "id",
            "username",
            "next",
            "keyword",
            "keywords",
            "monkey",
            "bypass",
        ),
        *(
            "country_code",
            "zipcode",
            "design",
            "side",
            "spin",
            "pinned",
            "compass",
            "secretary",
            "tokenizer",
            "",
        ),
        *("authority", "passenger", "assign", "signup", "Sec-Fetch-Site", "encoding", "state"),
    ],
)
def test_other_names_do_not(name):
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/books?page=2&q=a+b#top", "https://shop.example/books?page=2&q=a+b#top"),
        ("https://shop.example/?access_token=abc&page=2", "https://shop.example/?access_token=***&page=2"),
        ("https://shop.example/?Key=a=b;c?d&page=2", "https://shop.example/?Key=***&page=2"),
        ("https://shop.example/?user%5Bpassword%5D=abc", "https://shop.example/?user%5Bpassword%5D=***"),
        ("https://shop.example/cb#id_token=abc&state=1", "https://shop.example/cb#id_token=***&state=1"),
        ("https://shop.example/a;jsessionid=abc/b?c=1", "https://shop.example/a;jsessionid=***/b?c=1"),
        ("https://shop.example/?next=/a?token=abc&b=1", "https://shop.example/?next=/a?token=***&b=1"),
        ("https://ada:pa@ss@shop.example:8443/", "https://***@shop.example:8443/"),
        ("//ada:pass@shop.example/@me", "//***@shop.example/@me"),
        ("/login?code=abc", "/login?code=***"),
        ("https://shop.example/?csrf=abc&_xsrf=def", "https://shop.example/?csrf=***&_xsrf=***"),
        ("https://shop.example/?token=&sid", "https://shop.example/?token=&sid"),
        ("https://shop.example/hunter2?q=hunter2", "https://shop.example/***?q=***"),
        ("http://[broken?password=abc", "http://[broken?password=***"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_its_names_call_secret(url, shown):
    register("hunter2")
    assert redact_url(url) == shown


def test_an_address_of_parameters_in_each_other_is_shown_in_part():
    assert redact_url("/?" + "a=" * 100_000) == f"/?{'a=' * 11}***"
    assert redact_url("/?a=b=c=token=abc") == "/?a=b=c=token=***"


@pytest.mark.parametrize(
    "url",
    [
        "/login?a=1&ticket=abcdefgh1234",
        "/login;jsessionid=abcdefgh1234/x",
        "/cb#access_token=abcdefgh1234",
        "/login?next=/x?csrf=abcdefgh1234",
        "/login?ticket=abcdef%67h1234",
    ],
)
def test_what_the_names_in_an_address_call_secret_is_kept_out_of_everything(url):
    register_url(url)
    assert redact("the ticket abcdefgh1234") == "the ticket ***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"token": "abc", "name": "abc"}', '{"token": "***", "name": "abc"}'),
        ('{"a":{"accessToken":"a\\"b\\\\"},"b":1}', '{"a":{"accessToken":"***"},"b":1}'),
        ('{"tokens" : ["abc", "d\\"]"], "n": [1]}', '{"tokens" : ["***", "***"], "n": [1]}'),
        ('{"token": "", "pin": 1, "key": null}', '{"token": "", "pin": 1, "key": null}'),
        (
            '{"text": "\\"token\\": \\"abc\\"", "otp": "12"}',
            '{"text": "\\"token\\": \\"abc\\"", "otp": "***"}',
        ),
        ('{"note": "a "token": b", "secret": "ab', '{"note": "a "token": b", "secret": "***"'),
        ('{"contraseña": "abc"}', '{"contraseña": "***"}'),
        (
            'x = {"names": ["a", {"pwd": "abc"}], "key": ["a',
            'x = {"names": ["a", {"pwd": "***"}], "key": ["***"',
        ),
    ],
)
def test_json_is_shown_without_what_its_names_call_secret(text, shown):
    assert redact_json(text.encode()).decode() == shown


def test_other_values_of_an_address_are_not_secret():
    register_url("/books-abcdefgh1234?page=abcdefgh1234&token=short")
    assert redact("abcdefgh1234 short") == "abcdefgh1234 short"


@fast
@given(st.text(string.printable), st.text(string.ascii_letters + string.digits, min_size=1))
def test_no_address_is_too_odd_to_be_shown(url, value):
    forget_all()
    assert isinstance(redact_url(url), str)
    assert redact_url(f"https://shop.example/?q=1&token={value}") == "https://shop.example/?q=1&token=***"
