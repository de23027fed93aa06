import io
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keyring as system_keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from scraper import ConfigError, Secret, SecretMissing, env, netrc, prompt
from scraper.redact import redact
from scraper.values import Totp, command, forget_used, is_one_time, keyring, reveal, show, totp

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RFC_SEEDS = {
    "SHA1": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "SHA256": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
    "SHA512": (
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA"
    ),
}
"""Those of RFC 6238, appendix B, in base32."""


class Terminal(io.StringIO):
    """A person at a keyboard, who types these lines."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


class Clock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self, now: float) -> None:
        self.now, self.slept = now, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Safe(KeyringBackend):
    """A keyring in memory, with ada's password of the shop."""

    priority = 0.1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return "h0rse battery " if (service, username) == ("shop", "ada") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


class BrokenSafe(Safe):
    """A keyring that does not open."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error


@pytest.fixture(autouse=True)
def _nothing_is_used() -> Iterator[None]:
    """Forget the one-time codes of other tests."""
    yield
    forget_used()


@pytest.fixture
def use_keyring() -> Iterator[Callable[[KeyringBackend], None]]:
    before = system_keyring.get_keyring()
    yield system_keyring.set_keyring
    system_keyring.set_keyring(before)


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a file .env in the working directory; the environment has no SHOP_PASSWORD."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHOP_PASSWORD", raising=False)
    return tmp_path / ".env"


def write(file: Path, text: str, mode: int = 0o600) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def python(code: str, *arguments: str, timeout: float = 30) -> Callable[[], Secret]:
    return command(sys.executable, "-c", code, *arguments, timeout=timeout)


def codes(clock: Clock, seed: Any = SEED, **options: Any) -> Totp:
    return totp(seed, clock=clock, sleep=clock.sleep, **options)


def test_a_secret_gives_its_text_out_only_when_asked():
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert f"{secret} {secret!r} {[secret]}" == "Secret('***') Secret('***') [Secret('***')]"


def test_secrets_are_equal_by_their_text_but_never_to_it():
    assert Secret("hunter2") == Secret("hunter2") != Secret("hunter3")
    assert Secret("hunter2") != "hunter2"
    assert len({Secret("hunter2"), Secret("hunter2"), "hunter2"}) == 2


@pytest.mark.parametrize(
    "source", ["hunter2", Secret("hunter2"), lambda: "hunter2", lambda: Secret("hunter2")]
)
def test_a_source_is_a_text_a_secret_or_a_callable_that_gives_either(source):
    assert reveal(source) == "hunter2"


@pytest.mark.parametrize("value", [None, 31337, b"hunter2", ["hunter2"]])
def test_a_source_that_gives_no_text_is_named_but_not_its_value(value):
    class Vault:
        def __call__(self) -> Any:
            return value

        def __repr__(self) -> str:
            return "vault('shop')"

    with pytest.raises(
        ConfigError, match=r"^vault\('shop'\) gave a (NoneType|int|bytes|list), not a text"
    ) as caught:
        reveal(Vault())
    assert "31337" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_env_is_looked_up_when_it_is_called(monkeypatch):
    source = env("SHOP_USER")
    monkeypatch.setenv("SHOP_USER", "ada")
    assert reveal(source) == "ada"
    monkeypatch.setenv("SHOP_USER", "bob")
    assert reveal(source) == "bob"


@pytest.mark.parametrize("value", [None, ""])
def test_env_without_a_value_says_which_variable_is_missing(monkeypatch, value):
    monkeypatch.delenv("SHOP_USER", raising=False)
    if value is not None:
        monkeypatch.setenv("SHOP_USER", value)
    with pytest.raises(SecretMissing, match="environment variable SHOP_USER is not set"):
        env("SHOP_USER")()


def test_env_has_a_default(monkeypatch):
    monkeypatch.delenv("SHOP_USER", raising=False)
    assert reveal(env("SHOP_USER", "guest")) == "guest"


def test_env_takes_what_the_environment_lacks_from_a_file(dotenv):
    source = env("SHOP_PASSWORD", "guest")
    assert reveal(source) == "guest"
    write(dotenv, "# The shop\nexport SHOP_PASSWORD='h0rse $HOME battery' # ours\n")
    assert reveal(source) == "h0rse $HOME battery"
    assert redact("h0rse $HOME battery") == "***"


def test_the_environment_wins_over_the_file_unless_it_is_empty(dotenv, monkeypatch):
    write(dotenv, "SHOP_PASSWORD=from-the-file\n")
    monkeypatch.setenv("SHOP_PASSWORD", "from-the-environment")
    assert reveal(env("SHOP_PASSWORD")) == "from-the-environment"
    monkeypatch.setenv("SHOP_PASSWORD", "")
    assert reveal(env("SHOP_PASSWORD")) == "from-the-file"


def test_the_file_is_the_one_of_the_working_directory_of_now(dotenv, monkeypatch):
    write(dotenv, "SHOP_PASSWORD=from-the-file\n")
    source = env("SHOP_PASSWORD", "guest")
    assert reveal(source) == "from-the-file"
    (dotenv.parent / "inner").mkdir()
    monkeypatch.chdir("inner")
    assert reveal(source) == "guest"


@pytest.mark.parametrize("text", ["", "SHOP_PASSWORD", "SHOP_PASSWORD=", "OTHER=1"])
def test_a_variable_without_a_value_in_the_file_is_not_set(dotenv, text):
    write(dotenv, text, 0o644)
    assert reveal(env("SHOP_PASSWORD", "guest")) == "guest"
    with pytest.raises(SecretMissing, match=r"nor is it in a file \.env here"):
        env("SHOP_PASSWORD")()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_a_file_that_others_can_read_or_change_gives_nothing(dotenv, monkeypatch, mode):
    write(dotenv, "SHOP_PASSWORD=from-the-file\n", mode)
    with pytest.raises(SecretMissing, match=r"SHOP_PASSWORD.* readable by others.*chmod 600 \.env") as caught:
        env("SHOP_PASSWORD", "guest")()
    assert "from-the-file" not in str(caught.value)
    monkeypatch.setenv("SHOP_PASSWORD", "from-the-environment")
    assert reveal(env("SHOP_PASSWORD")) == "from-the-environment"


def test_the_file_may_be_a_link_to_a_private_one(dotenv):
    write(dotenv.parent / "private", "SHOP_PASSWORD=from-the-file\n")
    dotenv.symlink_to("private")
    assert reveal(env("SHOP_PASSWORD")) == "from-the-file"


def test_a_folder_of_that_name_is_no_such_file(dotenv):
    dotenv.mkdir()
    assert reveal(env("SHOP_PASSWORD", "guest")) == "guest"


def test_a_line_that_cannot_be_read_is_passed_over_in_silence(dotenv, caplog):
    write(dotenv, "\ufeffSHOP_PASSWORD=from-the-file\n'no name\n= = =\n")
    assert reveal(env("SHOP_PASSWORD")) == "from-the-file"
    assert caplog.records == []


def test_a_file_that_is_no_text_says_so_and_not_what_is_in_it(dotenv):
    dotenv.write_bytes("SHOP_PASSWORD=kätzchen".encode("latin-1"))
    with pytest.raises(SecretMissing, match=r"\.env cannot be read: it is not in UTF-8") as caught:
        env("SHOP_PASSWORD")()
    assert "tzchen" not in "".join(traceback.format_exception(caught.value))


def test_prompt_asks_once_and_remembers(types, capsys):
    types("ada\nbob\n")
    source = prompt("User name", hidden=False)
    assert [reveal(source), reveal(source)] == ["ada", "ada"]
    assert capsys.readouterr() == ("", "User name: ")


def test_prompt_asks_again_after_an_empty_answer(types, capsys):
    types("\n\nada\n")
    assert reveal(prompt("User name", hidden=False)) == "ada"
    assert capsys.readouterr().err == "User name: " * 3


def test_prompt_gives_up_after_four_empty_answers(types, capsys):
    types("\n" * 9)
    with pytest.raises(SecretMissing, match="'User name' got only empty answers"):
        prompt("User name", hidden=False)()
    assert capsys.readouterr().err == "User name: " * 4


def test_prompt_without_an_answer_says_so(types, monkeypatch):
    def closed(question: str) -> str:
        raise EOFError

    types("")
    monkeypatch.setattr("getpass.getpass", closed)
    for hidden in (True, False):
        with pytest.raises(SecretMissing, match="'Password' got no answer, as the input was closed"):
            prompt("Password", hidden=hidden)()


def test_prompt_does_not_echo_a_password(types, monkeypatch):
    types("")
    monkeypatch.setattr("getpass.getpass", lambda question: f"typed at {question!r}")
    assert reveal(prompt("Password")) == "typed at 'Password: '"


def test_prompt_without_a_terminal_says_so(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("ada\n"))
    with pytest.raises(SecretMissing, match="'Password' wants an answer, but there is no terminal"):
        prompt("Password")()


def test_a_source_is_shown_without_its_value():
    assert show("hunter2") == show(Secret("hunter2")) == "'***'"
    assert show(env("SHOP_USER", "hunter2")) == "env('SHOP_USER')"
    assert show(prompt("Password")) == "prompt('Password')"


def test_netrc_gives_the_login_and_the_password_of_a_host_when_asked(tmp_path, monkeypatch):
    file = tmp_path / "netrc"
    file.write_text("machine shop.example login ada password h0rse-battery\n")
    assert reveal(netrc("shop.example", file=str(file))) == "h0rse-battery"
    monkeypatch.setenv("NETRC", str(file))
    assert reveal(netrc("shop.example", "login")) == "ada"
    assert repr(netrc("shop.example")) == "netrc('shop.example', 'password')"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("machine other.example login a password b", "has no password for the machine shop.example"),
        ("machine shop.example nonsense s3cret", "is no netrc file: line 1"),
    ],
)
def test_a_netrc_file_without_an_answer_says_why(tmp_path, text, words):
    file = tmp_path / "netrc"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SecretMissing, match=words) as caught:
        netrc("shop.example", file=str(file))()
    assert "s3cret" not in str(caught.value)


def test_netrc_has_three_fields():
    with pytest.raises(ConfigError, match="login, account, password"):
        netrc("shop.example", "username")


def test_keyring_gives_a_password_when_asked(use_keyring):
    source = keyring("shop", "ada")
    use_keyring(Safe())
    assert reveal(source) == "h0rse battery "
    assert repr(source) == "keyring('shop', 'ada')"


@pytest.mark.parametrize(
    ("safe", "words"),
    [
        (Safe(), "it has no such entry"),
        (NoKeyring(), "there is no keyring on this system"),
        (BrokenSafe(KeyringLocked("no")), "it is locked"),
        (BrokenSafe(ValueError("no")), "it failed with ValueError"),
    ],
)
def test_keyring_without_a_password_says_why_and_how_to_store_one(use_keyring, safe, words):
    use_keyring(safe)
    with pytest.raises(SecretMissing, match=words) as caught:
        keyring("my shop", "bob")()
    assert "password of 'bob' for 'my shop'" in str(caught.value)
    assert str(caught.value).endswith("run keyring set 'my shop' bob")


def test_keyring_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r'pip install "login-aware-scraper\[keyring\]"'):
        keyring("shop", "ada")()


@pytest.mark.parametrize("printed", ["h0rse battery \n", "h0rse battery \r\nmore\n", "h0rse battery "])
def test_command_gives_the_first_line_that_a_program_prints(printed):
    source = python("import sys; sys.stdout.buffer.write(sys.argv[1].encode())", printed)
    assert reveal(source) == "h0rse battery "


def test_a_command_of_one_text_is_split_but_is_given_to_no_shell():
    source = command(f"'{sys.executable}' -c 'import sys; print(sys.argv[1:])' 'a b' $HOME | cat")
    assert reveal(source) == "['a b', '$HOME', '|', 'cat']"


def test_command_is_run_each_time(tmp_path):
    source = python(
        "import sys; f = open(sys.argv[1], 'a+'); f.write('x'); print(f.tell())", str(tmp_path / "runs")
    )
    assert [reveal(source), reveal(source)] == ["1", "2"]


def test_a_program_has_the_terminal_to_ask_on(capfd):
    ours, theirs, before = *os.pipe(), os.dup(0)
    os.dup2(ours, 0)
    try:
        os.write(theirs, b"1234\n")
        assert (
            reveal(python("import sys; print('PIN?', file=sys.stderr); print('got ' + input())"))
            == "got 1234"
        )
    finally:
        os.dup2(before, 0)
        for end in (ours, theirs, before):
            os.close(end)
    assert capfd.readouterr() == ("", "PIN?\n")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            command("no-such-program", "s3cret"),
            "'no-such-program' gave no value: it cannot be run: No such file",
        ),
        (python("print('s3cret'); raise SystemExit(3)", "s3cret"), "it ended with the exit code 3"),
        (
            python("import threading; threading.Event().wait()", "s3cret", timeout=0.1),
            "it took longer than 0.1 s",
        ),
        (python("print(); print('s3cret')", "s3cret"), "it printed nothing"),
        (
            python("import sys; sys.stdout.buffer.write(b's3cret \\xff')"),
            "it printed what is no text in UTF-8",
        ),
    ],
)
def test_a_command_without_a_value_says_why_but_not_what_it_was_given_or_printed(source, words):
    with pytest.raises(SecretMissing, match=words) as caught:
        source()
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("argv", [(), ("",), (" ",)])
def test_a_command_has_a_program(argv):
    with pytest.raises(ConfigError, match="wants a program to run"):
        command(*argv)


def test_a_command_closes_its_quotations():
    with pytest.raises(ConfigError, match="a quotation is not closed") as caught:
        command("pass 's3cret")
    assert "s3cret" not in str(caught.value)


def test_a_command_shows_its_program_only():
    assert (
        repr(command("op", "read", "op://shop")) == repr(command("op read op://shop")) == "command('op', ...)"
    )
    assert repr(command("my-password")) == "command('my-password')"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (59, ("94287082", "46119246", "90693936")),
        (1111111109, ("07081804", "68084774", "25091201")),
        (1111111111, ("14050471", "67062674", "99943326")),
        (1234567890, ("89005924", "91819424", "93441116")),
        (2000000000, ("69279037", "90698825", "38618901")),
        (20000000000, ("65353130", "77737706", "47863826")),
    ],
)
def test_one_time_codes_are_those_of_rfc_6238_appendix_b(moment, expected):
    for (algorithm, seed), code in zip(RFC_SEEDS.items(), expected, strict=True):
        assert codes(Clock(moment), seed, digits=8, algorithm=algorithm)().reveal() == code


def test_a_short_seed_of_80_bits_gives_codes_as_well():
    assert codes(Clock(30), "JBSWY3DPEHPK3PXP")().reveal() == "996554"


@pytest.mark.parametrize(
    "seed",
    [
        SEED,
        Secret(SEED),
        lambda: SEED,
        "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp",
        " JBSWY3DP-EHPK3PXP-JBSWY3DP-EHPK3PXP==\n",
        f"otpauth://totp/Shop:ada?secret={SEED.lower()}&issuer=Shop",
        f"OTPAUTH://TOTP/Shop?secret={SEED}%3D&digits=&period=30&algorithm=sha-1",
    ],
)
def test_a_seed_may_be_written_in_many_ways(seed):
    assert codes(Clock(59), seed).identity() == SEED
    assert codes(Clock(59), seed)().reveal() == "503347"


def test_the_parameters_of_an_address_win():
    address = f"otpauth://totp/Shop?secret={SEED}&digits=8&period=60&algorithm=SHA256"
    assert codes(Clock(179), address, digits=6, interval=30, algorithm="SHA512")().reveal() == "77946019"


@pytest.mark.parametrize(
    "seed",
    [
        "",
        "--- ===",
        "s3cret",
        "JBSWY3DPE",
        "JBSWY3DPEHPK3PX\u0131",
        "otpauth://totp/Shop?issuer=Shop",
        "otpauth://hotp/Shop?secret=JBSWY3DPEHPK3PXP&counter=1",
        "otpauth://totp/Shop?secret=JBSWY3DPEHPK3PXP&digits=JBSWY3DPEHPK3PXP",
        "otpauth://[totp/Shop?secret=JBSWY3DPEHPK3PXP",
    ],
)
def test_a_bad_seed_is_not_shown(monkeypatch, seed):
    monkeypatch.setenv("SHOP_TOTP", seed or " ")
    with pytest.raises(
        ConfigError, match=r"The seed of totp\(env\('SHOP_TOTP'\)\) is neither base32"
    ) as caught:
        totp(env("SHOP_TOTP"))()
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(word in shown for word in ("JBSWY3", "s3cret"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"digits": 4}, "digits from 6 to 10, not 4"),
        ({"interval": 0}, "interval from 1 to 3600, not 0"),
        ({"algorithm": "MD5"}, "no algorithm 'MD5'; it has SHA1, SHA256, SHA512"),
    ],
)
def test_totp_says_at_once_what_it_cannot_do(options, words):
    with pytest.raises(ConfigError, match=words):
        totp(SEED, **options)


def test_an_address_with_parameters_that_totp_cannot_do_says_so():
    with pytest.raises(ConfigError, match="digits from 6 to 10, not 5"):
        totp(f"otpauth://totp/Steam?secret={SEED}&digits=5")()


def test_no_code_is_given_twice(caplog):
    caplog.set_level(logging.INFO)
    clock = Clock(43)
    source = codes(clock)
    given = [source().reveal() for _ in range(3)]
    assert given == ["503347", "946038", "111507"]
    assert clock.slept == [17, 30]
    assert caplog.messages[0] == "Waiting 17 s for the next one-time code."


def test_a_later_code_needs_no_waiting():
    clock = Clock(59)
    source = codes(clock)
    source()
    clock.now = 60
    assert source().reveal() == "946038"
    assert clock.slept == []


def test_sources_of_one_seed_know_of_each_other():
    clock = Clock(59)
    codes(clock)()
    other = codes(clock, SEED.lower())
    assert other.used == 1
    other()
    assert clock.slept == [1]


def test_sources_of_different_seeds_do_not_wait_for_each_other():
    clock = Clock(59)
    for seed in RFC_SEEDS.values():
        codes(clock, seed)()
    assert clock.slept == []


def test_threads_that_ask_at_once_get_different_codes():
    sources = [totp(SEED, clock=lambda: 59.0, sleep=lambda seconds: None) for _ in range(16)]
    with ThreadPoolExecutor(len(sources)) as threads:
        given = list(threads.map(lambda source: source().reveal(), sources))
    assert len(set(given)) == 16
    assert sources[0].used == 16


def test_what_was_used_outlives_the_program():
    clock = Clock(59)
    source = codes(clock)
    assert source.used == 0
    source()
    kept = source.used
    forget_used()
    source.skip(kept)
    source.skip(0)
    assert source.used == kept == 1
    assert source().reveal() == "946038"
    assert clock.slept == [1]


def test_a_use_far_in_the_future_was_noted_by_a_wrong_clock():
    clock = Clock(59)
    source = codes(clock)
    source.skip(1_000_000)
    assert source.used == 0
    source()
    assert clock.slept == []


@pytest.mark.parametrize("is_noted", [False, True])
def test_a_clock_that_is_set_back_was_wrong_before(is_noted):
    clock = Clock(86_459)
    source = codes(clock)
    source.skip(86_400 // 30) if is_noted else source()
    clock.now = 59
    source()
    assert (source.used, clock.slept) == (1, [])
    source()
    assert (source.used, clock.slept) == (2, [1])


def test_a_clock_that_is_set_right_by_a_little_gives_no_code_twice():
    clock = Clock(59)
    source = codes(clock)
    source()
    clock.now = 29
    source()
    assert (source.used, clock.slept) == (2, [31])


def test_a_changed_seed_is_told_from_the_former(monkeypatch):
    source = codes(Clock(59), env("SHOP_TOTP"))
    monkeypatch.setenv("SHOP_TOTP", SEED)
    source()
    monkeypatch.setenv("SHOP_TOTP", RFC_SEEDS["SHA1"])
    assert source.identity() == RFC_SEEDS["SHA1"]
    assert source.used == 0


def test_a_seed_is_kept_out_of_logs_however_it_was_written():
    address = f"otpauth://totp/Shop?secret={SEED.lower()}"
    codes(Clock(59), address)()
    assert redact(f"{SEED} {SEED.lower()} {address}") == "*** *** ***"


def test_a_code_is_kept_out_of_logs_only_once_it_is_revealed_as_a_secret():
    code = codes(Clock(59))()
    assert redact(code.reveal(is_secret=False)) == "503347"
    assert redact(code.reveal()) == "***"


def test_totp_shows_where_its_seed_comes_from():
    assert repr(totp(SEED)) == "totp('***')"
    assert repr(totp(env("SHOP_TOTP"))) == "totp(env('SHOP_TOTP'))"
    source = codes(Clock(59))
    source()
    assert SEED not in f"{source!r} {vars(source)['_codes']} {vars(source)['_seen']}"


def test_only_totp_gives_what_is_good_for_one_time():
    assert is_one_time(totp(SEED))
    assert not any(
        map(is_one_time, [SEED, Secret(SEED), env("SHOP_TOTP"), prompt("Code"), lambda: "123456", True])
    )
