"""What is kept between runs: sessions that are tried before anyone signs in, and rejected credentials."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pyotp
import pytest

from examples.site import CRITIC
from scraper import (
    CodeRequired,
    FormLogin,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    Session,
    Timeout,
    Vault,
    fill,
    totp,
)
from tests.commands import ROOT, environment, scraper, start
from tests.servers import Asked, Reply, serving

FORM = "<form method=post><input name=user><input type=password name=pw></form>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def signed_in(site, vault: Vault, *, password: str | None = None, **options) -> Session:
    values = fill(username=site.username, password=password or site.password)
    session = Session(
        FormLogin("/login", values, **options), base_url=f"{site.url}/books", state_dir=vault, retry=1
    )
    with session:
        session.sign_in()
    return session


def html(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, [("Content-Type", "text/html"), *headers], text.encode())


@pytest.mark.parametrize("mark", [{}, {"logged_in": "a.logout"}])
def test_ten_runs_are_one_sign_in(site, vault, mark):
    sessions = [signed_in(site, vault, **mark) for _ in range(10)]
    assert [session.is_restored for session in sessions] == [False] + [True] * 9
    assert site.counts.logins == 1


def test_a_cookie_that_changes_with_every_answer_is_kept_as_it_was_last(site, vault):
    site.rotate_cookie, site.rotate_grace = True, 0
    for _ in range(3):
        with Session(
            FormLogin("/login", fill(username=site.username, password=site.password), logged_in="a.logout"),
            base_url=site.url,
            state_dir=vault,
        ) as session:
            assert "Sign out" in session.get("/books").text
    assert site.counts.logins == 1


def test_a_kept_session_that_has_ended_costs_one_sign_in(site, vault):
    signed_in(site, vault)
    site.sign_everyone_out()
    assert not signed_in(site, vault).is_restored
    assert site.counts.logins == 2


def test_without_a_place_to_keep_it_nothing_is_kept(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Session(
        FormLogin("/login", fill(username=site.username, password=site.password)), base_url=site.url
    ) as s:
        s.sign_in()
    assert list(tmp_path.iterdir()) == []
    assert not Path(os.environ["SCRAPER_STATE_DIR"]).exists()


def test_a_rejected_password_is_submitted_once_until_it_changes(site, vault):
    for _ in range(5):
        with pytest.raises(LoginRejected):
            signed_in(site, vault, password="wrong guess")
    assert site.counts.login_attempts == 1
    with pytest.raises(LoginRejected, match=r"very credentials on 20.*--forget.*Wrong user name or password"):
        signed_in(site, vault, password="wrong guess")
    assert not signed_in(site, vault).is_restored
    assert site.counts.login_attempts == 2


def test_an_account_is_never_locked_by_us(site, vault):
    """The site locks after the third wrong password; the third one is not sent."""
    site.lock_after = 3
    for guess in ("first guess", "second guess"):
        with pytest.raises(LoginRejected):
            signed_in(site, vault, password=guess)
    with pytest.raises(LoginError, match=r"2 sign-ins within the hour.*--forget.*Wrong user"):
        signed_in(site, vault, password="third guess")
    assert site.counts.login_attempts == 2


def test_being_asked_for_a_code_is_no_sign_in_in_vain(site, vault):
    site.ask_totp = True
    for _ in range(4):
        with pytest.raises(CodeRequired):
            signed_in(site, vault)
    assert site.counts.login_attempts == 4


def test_what_nothing_proves_is_tried_a_few_times_and_then_no_more(site, vault):
    for _ in range(4):
        with pytest.raises(LoginUnverified):
            signed_in(site, vault, logged_in="a.nowhere")
    with pytest.raises(LoginError, match="4 sign-ins within the hour have come to nothing"):
        signed_in(site, vault, logged_in="a.nowhere")
    assert site.counts.login_attempts == 4


def test_spiders_share_what_a_site_says_of_an_account(site, vault):
    for name in ("one", "two"):
        session = Session(
            FormLogin("/login", fill(username="reader", password="wrong guess")),
            base_url=site.url,
            state_dir=vault,
        )
        session.name = name
        with pytest.raises(LoginRejected):
            session.sign_in()
    assert site.counts.login_attempts == 1


def test_nobody_goes_on_with_the_session_of_another_account(site, vault):
    signed_in(site, vault)
    other = Session(
        FormLogin("/login", fill(username=CRITIC.username, password=CRITIC.password)),
        base_url=f"{site.url}/books",
        state_dir=vault,
    )
    other.sign_in()
    assert (other.account, other.is_restored, site.counts.logins) == (CRITIC.username, False, 2)


def test_no_secret_is_in_the_vault_but_the_cookies(site, vault, tmp_path):
    with pytest.raises(LoginRejected):
        signed_in(site, vault, password="wrong guess")
    signed_in(site, vault)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())
    assert b"wrong guess" not in kept
    assert site.password.encode() not in kept


def test_an_answer_that_did_not_come_is_looked_into_before_anything_is_repeated(vault):
    members = []

    def answer(asked: Asked) -> Reply:
        if asked.method == "POST":
            members.append(1)
            time.sleep(0.4)
        return html("<a id=me>" if members and asked.path == "/home" else FORM)

    with serving(answer) as server:
        login = FormLogin("/login", fill(user="ada", pw="h0rse-battery"), logged_in="#me")
        session = Session(login, base_url=server.url("/home"), retry=1, timeout=Timeout(total=0.2))
        assert session.sign_in() == 1
        assert [asked.method for asked in server.asked].count("POST") == 1


def test_what_the_ended_session_left_behind_does_not_go_along(site, vault):
    """Some sites seal the new session with what they cannot read in the old cookie."""
    seen = []

    def answer(asked: Asked) -> Reply:
        cookie = asked.headers.get("Cookie", "")
        if asked.method == "POST":
            seen.append(cookie)
            session = ("Set-Cookie", f"sid={len(seen)}; Path=/")
            return html("<a id=me>", 200, session, ("Set-Cookie", "device=d; Path=/; Max-Age=9999999"))
        return html("<a id=me>" if f"sid={len(seen)}" in cookie and not ended else FORM)

    ended: list[int] = []
    with serving(answer) as server:
        login = FormLogin("/login", fill(user="ada", pw="h0rse-battery"), logged_in="#me")
        session = Session(login, base_url=server.url("/home"), retry=1)
        session.sign_in()
        ended.append(1)
        assert not session.is_signed_in()
        ended.clear()
        session.sign_in(after=1)
    assert seen == ["", "device=d"]


def test_a_form_that_has_changed_is_said_when_it_no_longer_works(vault, caplog):
    form = ["<form method=post><input name=user><input type=password name=pw></form>"]

    def answer(asked: Asked) -> Reply:
        if asked.method == "POST" and "e-mail" not in form[0]:
            return html("<a id=me>", 200, ("Set-Cookie", "sid=1; Path=/"))
        return html(
            "<a id=me>" if "sid=1" in asked.headers.get("Cookie", "") and len(form) == 1 else form[-1]
        )

    with serving(answer) as server:
        login = FormLogin("/login", fill(username="ada", password="h0rse-battery"), logged_in="#me")
        with Session(login, base_url=server.url("/home"), state_dir=vault, retry=1) as session:
            session.sign_in()
        form.append("<form method=post><input name=e-mail type=email><input type=password name=pw></form>")
        form[0] = form[1]
        session = Session(login, base_url=server.url("/home"), state_dir=vault, retry=1)
        with pytest.raises(LoginRejected):
            session.sign_in()
    assert "The form has changed since it last worked" in caplog.text
    assert "gone: user; new: e-mail" in caplog.text


def test_a_one_time_code_is_not_given_twice_not_even_by_another_process(site, vault):
    site.ask_totp = True
    now, waited = [1_000_000_000.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    codes = []
    for _ in range(2):
        source = totp(site.totp_secret, clock=lambda: now[0], sleep=sleep)
        session = Session(
            FormLogin("/login", fill(username="reader", password=site.password, code=source)),
            base_url=site.url,
            state_dir=vault,
        )
        session.prepare_code(source)
        codes.append(source().reveal(is_secret=False))
        session.gave_code(source)
    assert codes == [
        pyotp.TOTP(site.totp_secret).at(1_000_000_000),
        pyotp.TOTP(site.totp_secret).at(int(now[0])),
    ]
    assert len(waited) == 1


# As a person does it


def test_a_second_run_goes_on_with_the_session_of_the_first(folder, site):
    for said in ("Signed in as reader.", "Still signed in as reader."):
        done = scraper("run", "bookshop", "-s", "max_pages=3", cwd=folder, SHOP_URL=site.url)
        assert said in done.stderr
    assert site.counts.logins == 1


def test_two_processes_at_once_sign_in_once(folder, site):
    site.latency = 0.05
    runs = [start("run", "bookshop", "-s", "max_pages=3", cwd=folder, SHOP_URL=site.url) for _ in range(3)]
    assert [(run.communicate(timeout=60), run.returncode)[1] for run in runs] == [0, 0, 0]
    assert site.counts.logins == 1


def test_a_wrong_password_costs_no_attempt_in_a_second_run_and_one_after_forget(folder, site):
    wrong = {"SHOP_URL": site.url, "SHOP_PASSWORD": "not this one"}
    for _ in range(4):
        assert scraper("run", "bookshop", cwd=folder, **wrong).returncode == 16
    assert site.counts.login_attempts == 1
    assert scraper("login", "bookshop", "--forget", cwd=folder, **wrong).returncode == 16
    assert site.counts.login_attempts == 2
    assert scraper("login", "bookshop", cwd=folder, SHOP_URL=site.url).returncode == 0
    assert site.counts.login_attempts == 3


def test_check_submits_nothing(folder, site):
    def check() -> int:
        return scraper("login", "bookshop", "--check", cwd=folder, SHOP_URL=site.url).returncode

    assert check() == 16
    scraper("login", "bookshop", cwd=folder, SHOP_URL=site.url)
    assert check() == 0
    site.sign_everyone_out()
    assert check() == 16
    assert site.counts.login_attempts == 1


def test_fresh_signs_in_anew_and_logout_forgets(folder, site):
    for arguments, logins in ((["login"], 1), (["login"], 1), (["login", "--fresh"], 2), (["logout"], 2)):
        command, *options = arguments
        assert scraper(command, "bookshop", *options, cwd=folder, SHOP_URL=site.url).returncode == 0
        assert site.counts.logins == logins
    assert "No session was kept." in scraper("logout", "bookshop", cwd=folder, SHOP_URL=site.url).stderr


def test_explain_tells_each_step_and_no_secret(folder, site):
    done = scraper("login", "bookshop", "--explain", cwd=folder, SHOP_URL=site.url)
    assert done.returncode == 0
    told = done.stderr
    assert (
        told.index("  1. GET") < told.index("Chose <Form POST") < told.index("known by its name, from env(")
    )
    assert "new cookies: session" in told
    assert "shows 'a.logout', which only members see" in told
    assert site.password not in told


def test_explain_says_what_to_try_and_saves_the_page_without_secrets(folder, site):
    wrong = {"SHOP_URL": site.url, "SHOP_PASSWORD": "h0rse-staple"}
    done = scraper("login", "bookshop", "--explain", cwd=folder, **wrong)
    assert done.returncode == 16
    assert "What to try: " in done.stderr
    [saved] = (folder / ".scraper" / "logins").glob("bookshop-*.html")
    assert "Wrong user name or password" in saved.read_text()
    assert "h0rse-staple" not in saved.read_text() + done.stderr
    assert 'name="csrf" value="***"' in saved.read_text()


def test_a_person_gives_the_code_at_login_and_the_run_goes_on(folder, site):
    site.ask_totp = True
    stopped = scraper("run", "bookshop", "-s", "max_pages=3", cwd=folder, SHOP_URL=site.url)
    assert stopped.returncode == 75
    assert stopped.stderr.count("\n") == 1
    assert "run --resume" in stopped.stderr

    output = at_a_terminal(folder, site, pyotp.TOTP(site.totp_secret).now())
    assert "The one-time code that" in output
    assert "Signed in to" in output

    resumed = scraper("run", "bookshop", "--resume", "-s", "max_pages=3", cwd=folder, SHOP_URL=site.url)
    assert resumed.returncode == 0
    assert "Still signed in as reader." in resumed.stderr
    assert len(list((folder / ".scraper/jobs/bookshop").glob("*.sqlite"))) == 1
    assert site.counts.logins == 1


def at_a_terminal(folder: Path, site, answer: str) -> str:
    """Run ``login`` at a terminal and type an answer to its question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", "login", "bookshop"],
        cwd=folder,
        env=environment(SHOP_URL=site.url),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    output, typed = "", False
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                output += os.read(ours, 4096).decode()
            except OSError:
                break
        if "one-time code" in output and not typed:
            os.write(ours, f"{answer}\n".encode())
            typed = True
    assert process.wait(timeout=30) == 0, output
    os.close(ours)
    return output


def test_an_unfinished_job_is_said_and_a_finished_one_is_not_resumed(folder, site):
    done = scraper("run", "bookshop", "--resume", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No job of bookshop is unfinished" in done.stderr


def test_a_state_is_plain_json(site, vault):
    session = signed_in(site, vault)
    assert json.loads(json.dumps(session.state()))["account"] == "reader"


def test_a_site_that_is_away_is_not_a_kept_session_that_has_ended(site, vault):
    signed_in(site, vault)
    site.fail_with, site.fail_next = "drop", 1000
    with pytest.raises(LoginUnavailable):
        signed_in(site, vault)
    site.fail_next = 0
    assert signed_in(site, vault).is_restored
