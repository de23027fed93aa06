"""What is saved comes back, to its owner only; what was rejected is not tried again."""

import errno
import json
import logging
import os
import signal
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import ConfigError, SecretMissing
from scraper.redact import forget_all, register
from scraper.values import Secret, env
from scraper.vault import Attempt, Identity, Vault
from scraper.vault.envelope import VERSION, _checksum
from scraper.vault.identity import folder_name
from tests.commands import environment

DAY, HOUR = 24 * 3600.0, 3600.0
NOON = 1_750_000_000.0
ADA = Identity("shop", "https://shop.example", "ada")
BOB = Identity("shop", "https://shop.example", "bob")
PASSWORD = "c0rrect-Horse/battery+ünï"
COOKIE = "S3ss10n_abcdefghijklmnop-QRSTUVWX"
KEY = "open-sesame-4711"
STATE: dict[str, Any] = {"cookies": [{"name": "sid", "value": COOKIE, "expires": -1}], "epoch": 2}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _undisturbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("SCRAPER_STATE_DIR", "SCRAPER_VAULT_KEY"):
        monkeypatch.delenv(variable, raising=False)
    yield
    forget_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(folder: Path, clock: Clock) -> Vault:
    return Vault(folder, clock=clock)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start processes that run a program, which knows `vault`, ADA, BOB and its `args`."""
    running = []
    beginning = (
        "import json, logging, os, signal, sys\nfrom scraper.vault import Identity, Vault\n"
        f"vault, ADA, BOB, args = Vault({str(folder)!r}), {ADA!r}, {BOB!r}, sys.argv[1:]\n"
        "say = lambda word: print(word, flush=True)\n"
    )

    def run(program: str, *args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", beginning + program, *args]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        running.append(subprocess.Popen(command, env=environment(), text=True, **pipes))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()


def tell(process: subprocess.Popen[str]) -> None:
    """Let a process go on that waits for a line."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def file(folder: Path, pattern: str) -> Path:
    """The one file that is called like this."""
    (found,) = folder.rglob(pattern)
    return found


def session_file(folder: Path) -> Path:
    return file(folder, "[0-9a-f]" * 32 + ".json")


def drafts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tmp"))


def everything(folder: Path) -> bytes:
    """All names and bytes in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


def every_form(secret: str) -> list[bytes]:
    """A secret as it is, escaped, in hexadecimal, and in base64 at any place of a longer text."""
    octets = secret.encode()
    encoded = [
        encode(b"x" * n + octets)[n + 1 : -4] for n in range(3) for encode in (b64encode, urlsafe_b64encode)
    ]
    return [octets, json.dumps(secret)[1:-1].encode(), octets.hex().encode(), *encoded]


# Saved sessions


def test_what_is_saved_comes_back(vault: Vault):
    assert vault.load(ADA) is None
    vault.save(ADA, STATE)
    assert vault.load(ADA) == STATE
    vault.save(ADA, {"cookies": []})
    assert vault.load(ADA) == {"cookies": []}


def test_another_vault_of_the_folder_finds_it_too(vault: Vault, folder: Path):
    vault.save(ADA, STATE)
    assert Vault(str(folder)).load(ADA) == STATE


@pytest.mark.parametrize(
    "other", [BOB, Identity("shop", "https://shop.example:8443", "ada"), Identity("shop2", ADA.site, "ada")]
)
def test_spiders_sites_and_accounts_have_sessions_of_their_own(vault: Vault, other: Identity):
    vault.save(ADA, STATE)
    assert vault.load(other) is None
    vault.save(other, {"cookies": []})
    assert vault.load(ADA) == STATE


def test_half_characters_are_kept(vault: Vault):
    who = Identity("shop\udce9", ADA.site, "ad\udce4")
    vault.save(who, {"value": "\udcff"})
    assert vault.load(who) == {"value": "\udcff"}
    assert [identity for identity, _ in vault.saved()] == [who]


def test_a_forgotten_session_is_gone(vault: Vault):
    vault.save(ADA, STATE)
    assert vault.forget(ADA) is True
    assert vault.load(ADA) is None
    assert vault.forget(ADA) is False


def test_forgetting_a_session_keeps_the_ledger(vault: Vault):
    vault.save(ADA, STATE)
    vault.record(ADA, PASSWORD, "rejected")
    vault.forget(ADA)
    assert vault.objection(ADA, PASSWORD)


def test_saved_says_whose_sessions_there_are_and_how_old(vault: Vault, clock: Clock):
    news = Identity("news", "https://news.example", "")
    vault.save(BOB, STATE)
    clock.now += HOUR
    vault.save(ADA, STATE)
    vault.save(news, STATE)
    vault.record(ADA, PASSWORD, "signed_in")
    assert vault.saved() == [(news, NOON + HOUR), (ADA, NOON + HOUR), (BOB, NOON)]
    assert vault.saved("shop") == [(ADA, NOON + HOUR), (BOB, NOON)]
    assert vault.saved("none") == []


def test_looking_makes_no_folder(vault: Vault, folder: Path):
    assert (vault.load(ADA), vault.saved(), vault.attempts(ADA), vault.last_code(ADA)) == (None, [], [], 0)
    assert (vault.forget(ADA), vault.pardon(ADA), vault.objection(ADA, PASSWORD)) == (False, False, None)
    assert not folder.exists()


def test_a_state_that_is_no_json_leaves_the_old_one(vault: Vault, folder: Path):
    vault.save(ADA, STATE)
    with pytest.raises(TypeError):
        vault.save(ADA, {"cookies": object()})
    assert (vault.load(ADA), drafts(folder)) == (STATE, [])


# Where it lies


def test_the_folder_is_the_one_that_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("SCRAPER_STATE_DIR", str(tmp_path / "mine"))
    assert repr(Vault()) == f"<Vault {tmp_path / 'mine'}>"
    assert repr(Vault(tmp_path / "this")) == f"<Vault {tmp_path / 'this'}>"


def test_the_folder_is_otherwise_the_users_state_folder(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_state_path", lambda name, appauthor: tmp_path / "state" / name)
    Vault().save(ADA, STATE)
    assert session_file(tmp_path / "state" / "login-aware-scraper" / "shop")


def test_the_folder_may_be_in_the_home_or_stay_when_the_program_moves(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert repr(Vault("~/state")) == f"<Vault {tmp_path / 'state'}>"
    monkeypatch.chdir(tmp_path)
    vault = Vault("here")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    vault.save(ADA, STATE)
    assert session_file(tmp_path / "here")


NAMES = [
    "..", ".", "", "/", "a/b", "../../etc/passwd", "a\\b", "C:", "con", "CON", "com1", "nul\n", "a b", "Shop",
    "SHOP", "shop-", "büch", "bu\u0308ch", "書店", "\0", "\udce9", "x" * 40, "x" * 41, "x" * 5000, "*", "?",
    "[a]", "-rf",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_spider_is_safe(vault: Vault, folder: Path, name: str):
    who = Identity(name, ADA.site, "ada")
    vault.save(who, STATE)
    vault.record(who, PASSWORD, "rejected")
    assert vault.saved(name) == vault.saved() == [(who, NOON)]
    assert vault.load(who) == STATE
    assert session_file(folder).parent.parent == folder
    assert [path.name for path in folder.parent.iterdir()] == ["state"]


def test_no_two_names_share_a_folder():
    folders = {folder_name(name).lower() for name in [*NAMES, "shop", "x", "a", "b"]}
    assert len(folders) == len(NAMES) + 4


@given(st.text(st.characters(exclude_categories=())))
def test_the_name_of_a_folder_is_short_and_plain(name: str):
    assert set(folder_name(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert 1 <= len(folder_name(name)) < 60


def test_a_plain_name_is_the_folders_name():
    assert folder_name("book_shop2") == "book_shop2"
    assert folder_name("Book Shop").startswith("bookshop-")


# Nobody else may look


def test_files_and_folders_are_closed_to_others(vault: Vault, folder: Path):
    old = os.umask(0)
    try:
        with vault.lock(ADA):
            vault.save(ADA, STATE)
            vault.record(ADA, PASSWORD, "rejected")
    finally:
        os.umask(old)
    paths = [folder, *folder.rglob("*")]
    assert len(paths) == 7
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}


@pytest.fixture
def used(vault: Vault) -> Vault:
    """A vault with a session and a ledger."""
    vault.save(ADA, STATE)
    vault.record(ADA, PASSWORD, "rejected")
    return vault


USES: list[Callable[[Vault], object]] = [
    lambda vault: vault.load(ADA),
    lambda vault: vault.save(ADA, {}),
    lambda vault: vault.saved(),
    lambda vault: vault.objection(ADA, PASSWORD),
    lambda vault: vault.record(ADA, PASSWORD, "rejected"),
    lambda vault: vault.attempts(ADA),
    lambda vault: vault.pardon(ADA),
    lambda vault: vault.note_code(ADA, 5),
    lambda vault: vault.forget(ADA),
    lambda vault: vault.lock(ADA),
]


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o702])
@pytest.mark.parametrize("name", ["", "shop"])
@pytest.mark.parametrize("use", USES)
def test_a_folder_that_is_open_to_others_is_refused(used: Vault, folder: Path, use, name, mode):
    (folder / name).chmod(mode)
    with pytest.raises(ConfigError) as caught:
        use(used)
    words = f"The folder {folder / name} is open to other users (its mode is {mode:o}); run `chmod 700 "
    assert str(caught.value) == words + f"{folder / name}`."


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o601])
@pytest.mark.parametrize(
    ("pattern", "uses"),
    [
        ("[0-9a-f]" * 32 + ".json", USES[:3]),
        ("*.ledger.json", USES[3:8]),
        ("ledger.key", USES[3:5]),
    ],
)
def test_a_file_that_is_open_to_others_is_refused(used: Vault, folder: Path, pattern, uses, mode):
    path = file(folder, pattern)
    path.chmod(mode)
    for use in uses:
        with pytest.raises(
            ConfigError, match=f"The file {path} is open .* {mode:o}.; run `chmod 600 {path}`"
        ):
            use(used)
    path.chmod(0o600)
    assert used.load(ADA) == STATE
    assert used.objection(ADA, PASSWORD)


def test_the_advice_can_be_pasted_into_a_shell(tmp_path):
    vault = Vault(tmp_path / "my state")
    vault.save(ADA, STATE)
    (tmp_path / "my state").chmod(0o755)
    with pytest.raises(ConfigError, match=r"run `chmod 700 '/.*/my state'`") as caught:
        vault.load(ADA)
    subprocess.run(["/bin/sh", "-c", str(caught.value).split("`")[1]], check=True)
    assert vault.load(ADA) == STATE


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", ["state", "shop", "*.json"])
def test_what_belongs_to_another_user_is_refused(used: Vault, folder: Path, name: str):
    for path in folder.parent.rglob(name):
        os.chown(path, 12345, -1)
    with pytest.raises(ConfigError, match=r"belongs to another user, .* SCRAPER_STATE_DIR"):
        used.load(ADA)
    with pytest.raises(ConfigError, match="belongs to another user"):
        used.objection(ADA, PASSWORD)


@pytest.mark.parametrize("name", [".", "shop"])
def test_a_folder_that_is_a_link_is_refused(used: Vault, folder: Path, tmp_path: Path, name: str):
    (folder / name).rename(tmp_path / "real")
    (folder / name).symlink_to(tmp_path / "real", target_is_directory=True)
    for use in USES:
        with pytest.raises(ConfigError, match=f"The folder {(folder / name)} is a symbolic link"):
            use(used)


def test_a_link_to_nowhere_is_no_folder(folder: Path, vault: Vault, tmp_path: Path):
    folder.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="cannot be made: File exists"):
        vault.save(ADA, STATE)


def test_a_file_that_is_a_link_is_refused(used: Vault, folder: Path, tmp_path: Path):
    for path in folder.glob("shop/*.json"):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    for use in USES[:8]:
        with pytest.raises(ConfigError, match=r"The file .* is a symbolic link"):
            use(used)


def test_a_file_that_is_none_is_refused(used: Vault, folder: Path):
    path = session_file(folder)
    path.unlink()
    path.mkdir(0o700)
    for use in USES[:3]:
        with pytest.raises(ConfigError, match=f"The file {path} is no file at all; move away"):
            use(used)


def test_a_link_that_comes_between_looking_and_opening_is_not_followed(used, folder, tmp_path, monkeypatch):
    path = session_file(folder)
    real_open = os.open

    def swapping_open(name, flags, *mode, **more):
        path.rename(tmp_path / "other.json")
        path.symlink_to(tmp_path / "other.json")
        return real_open(name, flags, *mode, **more)

    monkeypatch.setattr(os, "open", swapping_open)
    with pytest.raises(ConfigError, match="cannot be read"):
        used.load(ADA)


def test_a_system_without_modes_has_none_to_check(used: Vault, folder: Path, monkeypatch):
    session_file(folder).chmod(0o666)
    monkeypatch.delattr(os, "geteuid")
    assert used.load(ADA) == STATE


def test_a_file_in_place_of_the_folder_is_an_error(folder: Path, vault: Vault):
    folder.write_text("")
    for use in USES:
        with pytest.raises(ConfigError, match=rf"The folder {folder} (cannot be made|is no folder)"):
            use(vault)


# Damage


def damaged(data: bytes) -> dict[str, bytes]:
    """Ways in which a file may be broken."""
    other = json.loads(data) | {"version": 2}
    return {
        "empty": b"",
        "cut": data[: len(data) // 2],
        "cut at the end": data[:-1],
        "a block of nothing": bytes(len(data)),
        "a bit": data.replace(b'"account": "ada"', b'"account": "aea"'),
        "no JSON": b"\xff\xfe\x00hello",
        "another JSON": b'[{"cookies": []}]',
        "a number": b"12",
        "a foreign object": b'{"cookies": []}',
        "nested": b"[" * 100_000,
        "another version": json.dumps(other).encode(),
    }


DAMAGES = list(damaged(b'{"account": "ada"}'))


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_session_counts_as_none_with_a_warning(used: Vault, folder: Path, caplog, how):
    path = session_file(folder)
    path.write_bytes(damaged(path.read_bytes())[how])
    assert (used.load(ADA), used.saved()) == (None, [])
    (record, _) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"The saved session {path} " in record.getMessage()
    assert COOKIE not in caplog.text
    used.save(ADA, STATE)
    assert used.load(ADA) == STATE


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_ledger_blocks_until_it_is_cleared(used: Vault, folder: Path, how):
    path = file(folder, "*.ledger.json")
    path.write_bytes(broken := damaged(path.read_bytes())[how])
    for use in (*USES[3:6], USES[7], lambda vault: vault.last_code(ADA)):
        with pytest.raises(ConfigError, match="`python -m scraper login shop --forget` clears it") as caught:
            use(used)
        assert str(path) in str(caught.value)
    assert path.read_bytes() == broken
    assert used.pardon(ADA) is True
    assert (used.objection(ADA, PASSWORD), used.attempts(ADA), used.load(ADA)) == (None, [], STATE)


def edited(path: Path, **changes: Any) -> None:
    """Change what a file says, with a checksum that is right; ``...`` leaves something out."""
    body = {**json.loads(path.read_bytes()), **changes}
    body = {key: value for key, value in body.items() if key not in ("version", "checksum") and value != ...}
    path.write_text(json.dumps({"version": VERSION, "checksum": _checksum(body), **body}))


ODD_LEDGERS: dict[str, dict[str, Any]] = {
    "nobody's": {"who": {}},
    "somebody's": {"who": "ada"},
    "without whose": {"who": ...},
    "without an age": {"written_at": ...},
    "of odd age": {"written_at": "yesterday"},
    "without attempts": {"attempts": ...},
    "an attempt of nothing": {"attempts": [{}]},
    "an attempt that is none": {"attempts": ["x"]},
    "an odd attempt": {"attempts": [{"at": "now", "outcome": "rejected", "message": ""}]},
    "an odd rejection": {"rejected": [{"x": 1}]},
    "rejections that are none": {"rejected": {"x": 1}},
    "a lock that is none": {"locked": True},
    "an odd lock": {"locked": {"at": "now", "outcome": "locked", "message": ""}},
    "an odd code": {"code": "1"},
}


@pytest.mark.parametrize("how", ODD_LEDGERS)
def test_an_odd_ledger_is_damaged_though_its_checksum_is_right(used: Vault, folder: Path, how):
    path = file(folder, "*.ledger.json")
    edited(path, **ODD_LEDGERS[how])
    for use in (*USES[3:6], USES[7], lambda vault: vault.last_code(ADA)):
        with pytest.raises(ConfigError, match="`python -m scraper login shop --forget` clears it"):
            use(used)
    assert used.pardon(ADA) is True
    assert used.attempts(ADA) == []


def test_a_rejection_with_an_odd_hash_is_damaged(used: Vault, folder: Path):
    path = file(folder, "*.ledger.json")
    [rejection] = json.loads(path.read_bytes())["rejected"]
    edited(path, rejected=[{**rejection, "salt": "xyz"}])
    with pytest.raises(ConfigError, match="is damaged"):
        used.objection(ADA, PASSWORD)


@pytest.mark.parametrize(
    "content",
    [
        {"state": ...},
        {"state": "x"},
        *({"state": ..., "sealed": it} for it in (1, {}, {"salt": "x", "token": 1})),
    ],
)
def test_an_odd_session_counts_as_none(folder: Path, caplog, content):
    vault = Vault(folder, key=KEY)
    Vault(folder).save(ADA, STATE)
    edited(path := session_file(folder), **content)
    assert vault.load(ADA) is None
    assert f"The saved session {path} is damaged." in caplog.text


def test_a_session_in_the_place_of_another_counts_as_none(vault: Vault, folder: Path, caplog):
    vault.save(ADA, STATE)
    path = session_file(folder)
    vault.save(BOB, STATE)
    (other,) = set(folder.glob("shop/*.json")) - {path}
    path.rename(other)
    assert (vault.load(BOB), vault.saved()) == (None, [])
    assert f"The saved session {other} lies where the file of another account belongs" in caplog.text


# The ledger


def test_a_rejected_credential_is_not_submitted_again_ever(vault: Vault, clock: Clock):
    assert vault.objection(ADA, PASSWORD) is None
    vault.record(ADA, PASSWORD, "rejected", "The site says: wrong password.")
    clock.now += 3650 * DAY
    assert vault.objection(ADA, PASSWORD) == Attempt(NOON, "rejected", "The site says: wrong password.")


def test_a_later_process_knows_it_too(vault: Vault, folder: Path):
    vault.record(ADA, PASSWORD, "rejected")
    assert Vault(folder).objection(ADA, PASSWORD)


def test_a_changed_credential_may_be_submitted(vault: Vault):
    vault.record(ADA, PASSWORD, "rejected")
    assert vault.objection(ADA, PASSWORD + "2") is None
    assert vault.objection(ADA, "") is None
    assert vault.objection(BOB, PASSWORD) is None


def test_two_rejected_credentials_are_both_known(vault: Vault):
    vault.record(ADA, "first-one", "rejected", "1")
    vault.record(ADA, "second-one", "rejected", "2")
    assert [vault.objection(ADA, word).message for word in ("first-one", "second-one")] == ["1", "2"]


def test_a_credential_rejected_twice_is_kept_once(vault: Vault, folder: Path, clock: Clock):
    vault.record(ADA, PASSWORD, "rejected")
    clock.now += 5
    vault.record(ADA, PASSWORD, "rejected", "again")
    assert vault.objection(ADA, PASSWORD) == Attempt(NOON + 5, "rejected", "again")
    assert len(json.loads(file(folder, "*.ledger.json").read_bytes())["rejected"]) == 1


def test_the_last_ten_rejected_credentials_are_known(vault: Vault):
    for n in range(11):
        vault.record(ADA, f"word-{n}", "rejected")
    objections = [vault.objection(ADA, f"word-{n}") for n in range(11)]
    assert [objection is None for objection in objections] == [True] + 10 * [False]


def test_a_credential_that_signs_in_after_all_is_rejected_no_more(vault: Vault):
    vault.record(ADA, PASSWORD, "rejected")
    vault.record(ADA, "other-one", "rejected")
    vault.record(ADA, PASSWORD, "signed_in")
    assert vault.objection(ADA, PASSWORD) is None
    assert vault.objection(ADA, "other-one")


def test_a_locked_account_is_left_alone_for_an_hour_whatever_the_credential(vault: Vault, clock: Clock):
    vault.record(ADA, PASSWORD, "locked", "Too many tries.")
    clock.now += HOUR - 1
    assert vault.objection(ADA, "other-one") == Attempt(NOON, "locked", "Too many tries.")
    assert vault.objection(BOB, PASSWORD) is None
    clock.now += 1
    assert vault.objection(ADA, PASSWORD) is None


def test_a_lock_ends_with_a_sign_in(vault: Vault):
    vault.record(ADA, PASSWORD, "locked")
    vault.record(ADA, PASSWORD, "signed_in")
    assert vault.objection(ADA, PASSWORD) is None


def test_a_lock_outlasts_a_rejection_and_other_outcomes(vault: Vault):
    vault.record(ADA, PASSWORD, "locked")
    vault.record(ADA, PASSWORD, "rejected")
    vault.record(ADA, PASSWORD, "unavailable")
    assert vault.objection(ADA, "other-one").outcome == "locked"
    assert vault.objection(ADA, PASSWORD).outcome == "rejected"


def test_any_other_outcome_blocks_nothing(vault: Vault):
    vault.record(ADA, PASSWORD, "needs a person", "A captcha.")
    assert vault.objection(ADA, PASSWORD) is None
    assert vault.attempts(ADA) == [Attempt(NOON, "needs a person", "A captcha.")]


def test_a_pardon_forgets_rejections_and_locks_and_nothing_else(vault: Vault):
    vault.record(ADA, PASSWORD, "rejected")
    vault.record(ADA, PASSWORD, "locked")
    vault.record(BOB, PASSWORD, "rejected")
    vault.note_code(ADA, 7)
    assert vault.pardon(ADA) is True
    assert vault.objection(ADA, PASSWORD) is None
    assert vault.pardon(ADA) is False
    assert [attempt.outcome for attempt in vault.attempts(ADA)] == ["rejected", "locked"]
    assert vault.last_code(ADA) == 7
    assert vault.objection(BOB, PASSWORD)


def test_the_last_fifty_attempts_are_kept_the_oldest_first(vault: Vault, clock: Clock):
    for n in range(53):
        clock.now = NOON + n
        vault.record(ADA, PASSWORD, "unavailable", f"No. {n}")
    attempts = vault.attempts(ADA)
    assert len(attempts) == 50
    assert attempts[0] == Attempt(NOON + 3, "unavailable", "No. 3")
    assert attempts[-1] == Attempt(NOON + 52, "unavailable", "No. 52")


def test_a_code_is_used_up_for_every_process(vault: Vault, folder: Path):
    assert vault.last_code(ADA) == 0
    vault.note_code(ADA, 58_000_000)
    assert Vault(folder).last_code(ADA) == 58_000_000
    vault.note_code(ADA, 57_999_999)
    assert vault.last_code(ADA) == 58_000_000
    assert vault.last_code(BOB) == 0


@pytest.mark.parametrize("credential", ["", "half \udce9", "\0", "ü" * 10_000])
def test_any_text_is_a_credential(vault: Vault, credential: str):
    vault.record(ADA, credential, "rejected")
    assert vault.objection(ADA, credential)
    assert vault.objection(ADA, credential + "x") is None


def test_without_the_key_of_its_hashes_a_ledger_blocks_until_it_is_cleared(used: Vault, folder: Path):
    (folder / "ledger.key").unlink()
    for use in USES[3:5]:
        with pytest.raises(ConfigError, match=r"needs the ledger.key .* login shop --forget` clears it"):
            use(used)
    used.pardon(ADA)
    used.record(ADA, PASSWORD, "rejected")
    assert used.objection(ADA, PASSWORD)


def test_a_damaged_key_is_an_error(used: Vault, folder: Path):
    (folder / "ledger.key").write_bytes(b"short")
    for use in USES[3:5]:
        with pytest.raises(ConfigError, match=f"The file {folder / 'ledger.key'} is damaged"):
            use(used)


# No secret is in it


def test_no_password_is_in_any_file(vault: Vault, folder: Path):
    register(PASSWORD)
    for outcome in ("rejected", "locked", "signed_in", "rejected"):
        vault.record(ADA, PASSWORD, outcome, f"The site says: {PASSWORD} is {outcome}.")
    found = everything(folder)
    assert not [form for form in every_form(PASSWORD) if form in found]
    assert vault.attempts(ADA)[0].message == "The site says: *** is rejected."


def test_the_same_password_has_another_hash_each_time(vault: Vault, folder: Path):
    for who in (ADA, BOB):
        vault.record(who, PASSWORD, "rejected")
    entries = [json.loads(path.read_bytes())["rejected"][0] for path in folder.rglob("*.ledger.json")]
    assert len({entry["hash"] for entry in entries}) == len({entry["salt"] for entry in entries}) == 2


# Encryption


@pytest.mark.parametrize("key", [KEY, Secret(KEY), lambda: KEY, lambda: Secret(KEY)])
def test_with_a_key_a_session_is_encrypted(folder: Path, key):
    vault = Vault(folder, key=key)
    vault.save(ADA, STATE)
    assert vault.load(ADA) == STATE
    found = everything(folder)
    assert not [form for secret in (COOKIE, KEY) for form in every_form(secret) if form in found]
    assert KEY not in repr(vault)


def test_the_key_may_come_from_the_environment(folder: Path, monkeypatch):
    vault = Vault(folder)
    monkeypatch.setenv("SCRAPER_VAULT_KEY", KEY)
    vault.save(ADA, STATE)
    assert COOKIE.encode() not in everything(folder)
    assert vault.load(ADA) == Vault(folder, key=KEY).load(ADA) == STATE


def test_a_given_key_comes_before_the_environment(folder: Path, monkeypatch):
    monkeypatch.setenv("SCRAPER_VAULT_KEY", "another-key-0815")
    Vault(folder, key=KEY).save(ADA, STATE)
    monkeypatch.delenv("SCRAPER_VAULT_KEY")
    assert Vault(folder, key=KEY).load(ADA) == STATE


def test_without_its_key_a_session_is_an_error(folder: Path):
    Vault(folder, key=KEY).save(ADA, STATE)
    with pytest.raises(ConfigError, match=r"encrypted and no key is given; set .* SCRAPER_VAULT_KEY"):
        Vault(folder).load(ADA)


def test_with_another_key_a_session_is_an_error(folder: Path):
    Vault(folder, key=KEY).save(ADA, STATE)
    with pytest.raises(ConfigError, match="encrypted with another key than the one that is given") as caught:
        Vault(folder, key="another-key-0815").load(ADA)
    assert "0815" not in str(caught.value)


def test_whose_sessions_there_are_can_be_said_without_the_key(folder: Path, clock: Clock):
    Vault(folder, key=KEY, clock=clock).save(ADA, STATE)
    assert Vault(folder).saved() == [(ADA, NOON)]


def test_a_plain_session_is_read_with_a_key_and_encrypted_when_it_is_saved_next(folder: Path):
    Vault(folder).save(ADA, STATE)
    vault = Vault(folder, key=KEY)
    assert vault.load(ADA) == STATE
    assert COOKIE.encode() in everything(folder)
    vault.save(ADA, STATE)
    assert COOKIE.encode() not in everything(folder)
    assert vault.load(ADA) == STATE


def test_the_key_is_looked_up_only_when_it_is_needed(folder: Path):
    Vault(folder).save(ADA, STATE)
    vault = Vault(folder, key=env("SCRAPER_TEST_KEY"))
    vault.record(ADA, PASSWORD, "rejected")
    assert vault.load(ADA) == STATE
    with pytest.raises(SecretMissing, match="SCRAPER_TEST_KEY is not set"):
        vault.save(ADA, STATE)


def test_an_empty_key_is_an_error(folder: Path):
    with pytest.raises(ConfigError, match="The key of saved sessions is empty"):
        Vault(folder, key="").save(ADA, STATE)


def test_without_the_package_a_key_is_an_error(folder: Path, monkeypatch):
    Vault(folder, key=KEY).save(ADA, STATE)
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    vault = Vault(folder, key=KEY)
    for use in (lambda: vault.load(ADA), lambda: vault.save(ADA, {})):
        with pytest.raises(ConfigError, match=r'run `pip install "login-aware-scraper\[vault\]"`'):
            use()
    Vault(folder).save(ADA, STATE)
    assert vault.load(ADA) == STATE


def test_the_package_is_not_loaded_without_a_key(start):
    process = start("vault.save(ADA, {}); vault.load(ADA); say('cryptography' in sys.modules)")
    assert heard(process) == "False"


def test_a_damaged_encrypted_session_counts_as_none(folder: Path, caplog):
    vault = Vault(folder, key=KEY)
    vault.save(ADA, STATE)
    path = session_file(folder)
    path.write_bytes(path.read_bytes().replace(b'"token": "g', b'"token": "h'))
    assert vault.load(ADA) is None
    assert f"The saved session {path} is damaged." in caplog.text


# Whole or not at all


def failing(number: int) -> Callable[..., Any]:
    def fail(*args: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_files(used: Vault, folder: Path, monkeypatch, call):
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    for use in (USES[1], USES[4], USES[6], USES[7]):
        with pytest.raises(
            ConfigError, match=r"The file .*\.json cannot be written: No space left on device\."
        ):
            use(used)
    monkeypatch.undo()
    assert drafts(folder) == []
    assert used.load(ADA) == STATE
    assert used.objection(ADA, PASSWORD)
    assert len(used.attempts(ADA)) == 1


def test_a_disk_that_fills_up_halfway_leaves_the_old_file(used: Vault, folder: Path, monkeypatch):
    real_write, calls = os.write, []

    def write(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, data[:10])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(ConfigError, match="No space left on device"):
        used.save(ADA, {"cookies": []})
    assert (used.load(ADA), drafts(folder)) == (STATE, [])


def test_a_write_that_takes_less_than_all_goes_on(vault: Vault, monkeypatch):
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real_write(descriptor, data[:7]))
    vault.save(ADA, STATE)
    assert vault.load(ADA) == STATE


def test_a_folder_that_cannot_be_made_is_an_error(vault: Vault, folder: Path, monkeypatch):
    monkeypatch.setattr(os, "mkdir", failing(errno.EROFS))
    for use in (USES[1], USES[4], USES[9]):
        with pytest.raises(
            ConfigError, match=f"The folder {folder} cannot be made: Read-only .*SCRAPER_STATE_DIR"
        ):
            use(vault)


def test_a_read_only_folder_is_an_error(used: Vault, monkeypatch):
    real_open = os.open

    def read_only_open(path, flags, *mode, **more):
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, "Read-only file system")
        return real_open(path, flags, *mode, **more)

    monkeypatch.setattr(os, "open", read_only_open)
    for use in (USES[1], USES[4], USES[6], USES[8]):
        with pytest.raises(ConfigError, match=r"vault\.lock cannot be held: Read-only file system"):
            use(used)
    assert used.load(ADA) == STATE
    assert used.objection(ADA, PASSWORD)


@pytest.mark.parametrize("call", ["lstat", "open"])
def test_a_file_that_cannot_be_read_is_an_error(used: Vault, monkeypatch, call):
    monkeypatch.setattr(os, call, failing(errno.EACCES))
    with pytest.raises(ConfigError, match=r"cannot be (read|looked at): Permission denied\."):
        used.load(ADA)


def test_a_file_that_cannot_be_removed_is_an_error(used: Vault, folder: Path, monkeypatch):
    monkeypatch.setattr(os, "unlink", failing(errno.EPERM))
    with pytest.raises(
        ConfigError, match=f"The file {session_file(folder)} cannot be removed: Operation not"
    ):
        used.forget(ADA)


def test_a_system_that_cannot_sync_folders_is_fine(vault: Vault, folder: Path, monkeypatch):
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    vault.save(ADA, STATE)
    assert vault.load(ADA) == STATE


DYING = """
def die(*args):
    if args and isinstance(args[-1], bytes):
        real(args[0], args[1][:9])
    os.kill(os.getpid(), signal.SIGKILL)
real = getattr(os, args[0])
setattr(os, args[0], die)
vault.save(ADA, {"cookies": ["new"]})
"""


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_process_killed_while_it_saves_leaves_the_old_session(used: Vault, folder: Path, start, call):
    assert start(DYING, call).wait(30) == -signal.SIGKILL
    assert len(drafts(folder)) == 1
    assert (used.load(ADA), used.saved()) == (STATE, [(ADA, NOON)])
    used.record(ADA, PASSWORD, "rejected")
    assert drafts(folder) == []


SAVING = """
for n in range(1_000_000):
    vault.save(ADA, {"n": n, "padding": f"{n} " * 20_000})
    say(n)
"""


@pytest.mark.parametrize("lines", [1, 2, 7])
def test_a_process_killed_in_the_middle_of_many_saves_leaves_a_whole_session(vault, folder, start, lines):
    process = start(SAVING)
    for _ in range(lines):
        heard(process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    state = vault.load(ADA)
    assert state == {"n": state["n"], "padding": f"{state['n']} " * 20_000}
    assert state["n"] >= lines - 1
    vault.save(BOB, STATE)
    assert drafts(folder) == []


def test_who_reads_while_another_saves_sees_one_or_the_other(vault: Vault):
    states = [{"n": n, "padding": str(n) * 50_000} for n in range(2)]
    vault.save(ADA, states[0])
    with ThreadPoolExecutor(1) as pool:
        saving = [pool.submit(vault.save, ADA, states[n % 2]) for n in range(50)]
        while not all(future.done() for future in saving):
            assert vault.load(ADA) in states
        for future in saving:
            future.result()


# Several processes


KEY_RACE = """
who = {"ada": ADA, "bob": BOB}[args[0]]
say("ready")
sys.stdin.readline()
vault.record(who, "s3cret-word", "rejected")
say("done")
"""


def test_two_processes_that_need_the_key_first_make_one(vault: Vault, start):
    processes = [start(KEY_RACE, name) for name in ("ada", "bob")]
    assert [heard(process) for process in processes] == ["ready", "ready"]
    for process in processes:
        tell(process)
    assert [heard(process) for process in processes] == ["done", "done"]
    assert vault.objection(ADA, "s3cret-word")
    assert vault.objection(BOB, "s3cret-word")


def test_threads_lose_no_line_of_the_ledger(vault: Vault, folder: Path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Vault(folder).record(ADA, PASSWORD, "unavailable", str(n)), range(24)))
    assert {attempt.message for attempt in vault.attempts(ADA)} == {str(n) for n in range(24)}


COUNTING = """
say("ready")
sys.stdin.readline()
for _ in range(10):
    with vault.lock(ADA):
        state = vault.load(ADA) or {"n": 0}
        vault.save(ADA, {"n": state["n"] + 1})
say("done")
"""


def test_two_processes_take_turns(vault: Vault, start):
    processes = [start(COUNTING) for _ in range(2)]
    assert [heard(process) for process in processes] == ["ready", "ready"]
    for process in processes:
        tell(process)
    assert [heard(process) for process in processes] == ["done", "done"]
    assert vault.load(ADA) == {"n": 20}


HOLDING = """
with vault.lock(ADA):
    say("in")
    sys.stdin.readline()
say("out")
"""

WAITING = """
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
with vault.lock(ADA):
    say("in")
"""


def test_a_process_waits_for_the_lock_and_says_so_once(start):
    holder = start(HOLDING)
    assert heard(holder) == "in"
    waiter = start(WAITING)
    assert heard(waiter) == (
        "Another thread or process is signing in to https://shop.example as ada; waiting until it is done."
    )
    tell(holder)
    assert heard(holder) == "out"
    assert heard(waiter) == "in"
    assert waiter.communicate()[0] == ""


def test_a_killed_process_holds_no_lock(vault: Vault, start):
    holder = start(HOLDING)
    assert heard(holder) == "in"
    holder.kill()
    holder.wait(30)
    with vault.lock(ADA):
        pass


def test_a_free_lock_is_taken_without_a_word(vault: Vault, caplog):
    caplog.set_level(logging.INFO, "scraper")
    with vault.lock(ADA):
        pass
    assert caplog.records == []


def test_a_thread_may_take_its_lock_again_from_any_vault_of_the_folder(vault: Vault, folder: Path):
    with vault.lock(ADA), vault.lock(ADA), Vault(folder).lock(ADA):
        vault.save(ADA, STATE)
        vault.record(ADA, PASSWORD, "signed_in")
    with vault.lock(ADA):
        assert vault.load(ADA) == STATE


def test_the_inner_lock_does_not_let_go_of_the_outer_one(vault: Vault):
    inside = []
    with ThreadPoolExecutor(1) as pool:
        with vault.lock(ADA):
            with vault.lock(ADA):
                pass
            other = pool.submit(lambda: _within(vault, lambda: inside.append("other")))
            inside.append("first")
        other.result()
    assert inside == ["first", "other"]


def _within(vault: Vault, act: Callable[[], object]) -> None:
    with vault.lock(ADA):
        act()


def test_threads_of_one_process_take_turns(vault: Vault, folder: Path):
    def count() -> None:
        state = vault.load(ADA) or {"n": 0}
        vault.save(ADA, {"n": state["n"] + 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _within(Vault(folder), count), range(20)))
    assert vault.load(ADA) == {"n": 20}


def test_accounts_have_locks_of_their_own(vault: Vault):
    with ThreadPoolExecutor(1) as pool, vault.lock(BOB):
        pool.submit(_within, vault, list).result()


def test_a_lock_is_released_when_signing_in_fails(vault: Vault):
    with pytest.raises(KeyError), vault.lock(ADA):
        raise KeyError
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_within, vault, list).result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_does_not_hold_what_its_parent_holds(start):
    program = """
with vault.lock(ADA):
    if not (child := os.fork()):
        logging.basicConfig(level="INFO", format="%(message).7s", stream=sys.stdout)
        with vault.lock(ADA):
            say("child")
        os._exit(0)
    sys.stdin.readline()
    say("parent")
os.waitpid(child, 0)
"""
    process = start(program)
    assert heard(process) == "Another"
    tell(process)
    assert [heard(process), heard(process)] == ["parent", "child"]


# What is not used any more


def test_a_save_removes_what_its_spider_left_unused_for_ninety_days(vault: Vault, folder: Path, clock: Clock):
    news = Identity("news", "https://news.example", "")
    vault.save(news, STATE)
    with vault.lock(BOB):
        vault.save(BOB, STATE)
    vault.record(BOB, PASSWORD, "signed_in")
    clock.now += 90 * DAY
    vault.save(ADA, STATE)
    assert [who for who, _ in vault.saved()] == [news, ADA, BOB]
    clock.now += 1
    vault.save(ADA, STATE)
    assert [who for who, _ in vault.saved()] == [news, ADA]
    assert list(folder.glob("shop/*")) == [session_file(folder / "shop")]


def test_its_own_ledger_stays(vault: Vault, clock: Clock):
    vault.record(ADA, PASSWORD, "signed_in")
    clock.now += 91 * DAY
    vault.save(ADA, STATE)
    assert len(vault.attempts(ADA)) == 1


def test_a_rejection_outlasts_the_session(vault: Vault, clock: Clock):
    vault.save(BOB, STATE)
    vault.record(BOB, PASSWORD, "rejected")
    clock.now += 91 * DAY
    vault.save(ADA, STATE)
    assert vault.load(BOB) is None
    assert vault.objection(BOB, PASSWORD)


def test_a_ledger_in_use_outlasts_the_session(vault: Vault, clock: Clock):
    vault.save(BOB, STATE)
    clock.now += 91 * DAY
    vault.record(BOB, PASSWORD, "unavailable")
    vault.save(ADA, STATE)
    assert vault.load(BOB) is None
    assert len(vault.attempts(BOB)) == 1


def test_a_lock_that_somebody_holds_is_not_removed(vault: Vault, folder: Path, start):
    holder = start(HOLDING)
    assert heard(holder) == "in"
    with vault.lock(BOB):
        vault.save(Identity("shop", ADA.site, "eve"), STATE)
        assert len(list(folder.glob("shop/*.lock"))) == 2
    tell(holder)
    assert heard(holder) == "out"
    vault.save(Identity("shop", ADA.site, "eve"), STATE)
    assert list(folder.glob("shop/*.lock")) == []


def test_what_cannot_be_read_is_not_removed_and_hinders_no_save(vault: Vault, folder: Path, clock: Clock):
    vault.save(BOB, STATE)
    session_file(folder).chmod(0o644)
    (folder / "shop" / "notes.json").write_text("{}")
    (folder / "shop" / "notes.json").chmod(0o600)
    clock.now += 91 * DAY
    vault.save(ADA, STATE)
    assert len(list(folder.glob("shop/*.json"))) == 3
