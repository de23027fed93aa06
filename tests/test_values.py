import io
import sys
from collections.abc import Callable

import pytest

from scraper import ConfigError, Secret, SecretMissing, env, netrc, prompt
from scraper.values import reveal, show


class Terminal(io.StringIO):
    """A person at a keyboard, who types these lines."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


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


def test_prompt_asks_once_and_remembers(types, capsys):
    types("ada\nbob\n")
    source = prompt("User name", hidden=False)
    assert [reveal(source), reveal(source)] == ["ada", "ada"]
    assert capsys.readouterr() == ("", "User name: ")


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
