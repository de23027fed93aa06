"""The page of a failed sign-in is kept for its owner to look at, without secrets."""

import pytest

from scraper.explain import save_page
from scraper.redact import register
from tests.pages import page

TOKEN = "Zq8Lk2Vb77aTq0sX"


@pytest.mark.parametrize(
    ("html", "saved"),
    [
        ("<input name=user value=ada>", '<input name="user" value="ada">'),
        ("<input type=hidden name=x value=1>", '<input type="hidden" name="x" value="***">'),
        ("<input name=otp value=123456>", '<input name="otp" value="***">'),
        ("<textarea name=token>abc</textarea>", '<textarea name="token">***</textarea>'),
        ("<textarea name=text>abc</textarea>", '<textarea name="text">abc</textarea>'),
        ("<button name=csrf value=abc>Go</button>", '<button name="csrf" value="***">Go</button>'),
        ("<select name=token><option value=abc>A", '<option value="***">***</option>'),
        ("<meta name=csrf-token content=abc>", '<meta name="csrf-token" content="***">'),
        ("<p data-api-key=abc data-id=7>", '<p data-api-key="***" data-id="7">'),
        ("<a href='/x?page=2&amp;csrf=abc'>", '<a href="/x?page=2&amp;csrf=***">'),
        ("<img src='/x;jsessionid=abc'>", '<img src="/x;jsessionid=***">'),
        ("<form action='/x?ticket=abc'>", '<form action="/x?ticket=***">'),
        ("<meta http-equiv=refresh content='0;url=/x?sid=abc'>", 'content="0;url=/x?sid=***"'),
        ("<p @data-token='\x01abc'>", '<p @data-token="***">'),
        ("<p title='\x01?token=abc'>", '<p title="?token=***">'),
    ],
)
def test_what_looks_secret_on_a_page_is_not_saved(tmp_path, html, saved):
    assert saved in save_page(page(html), tmp_path, "shop").read_text()


def test_a_script_is_saved_without_the_values_that_are_known(tmp_path):
    register("hunter-Zwei-2")
    script = f"<script>let csrf='{TOKEN}', typed='hunter-Zwei-2'</script>"
    html = f"<input type=hidden name=csrf value={TOKEN}>{script}"
    text = save_page(page(html), tmp_path, "shop").read_text()
    assert "<script>let csrf='***', typed='***'</script>" in text


def test_what_is_no_page_is_saved_without_the_values_that_are_known(tmp_path):
    register("hunter-Zwei-2")
    path = save_page(page('{"typed": "hunter-Zwei-2"}', type="application/json"), tmp_path, "shop")
    assert (path.suffix, path.read_text()) == (".txt", '{"typed": "***"}')


def test_what_looks_secret_in_json_is_not_saved(tmp_path):
    answer = page('{"name": "abc", "refresh_token": "abc"}', type="application/json; charset=utf-8")
    saved = save_page(answer, tmp_path, "shop").read_text()
    assert saved == '{"name": "abc", "refresh_token": "***"}'


def test_nobody_else_may_look_at_a_saved_page(tmp_path):
    path = save_page(page("<p>"), tmp_path / "new" / "logins", "shop")
    assert [each.stat().st_mode & 0o777 for each in (path, path.parent, path.parent.parent)] == [
        *(0o600, 0o700, 0o700)
    ]


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    path = save_page(page("<p>"), tmp_path, "shop")
    assert [each.stat().st_mode & 0o777 for each in (path, tmp_path)] == [0o600, 0o755]
