"""Forms: "Constructing the entry list" and "Form submission" of the HTML standard, and the traps."""

import codecs
from typing import Any
from urllib.parse import parse_qsl

import pytest

from scraper import ConfigError, Request
from scraper.forms import USERNAME, Form, find_field, label_of, label_text, owners
from tests.pages import URL, Counted, page

# The form with which the forms of six libraries were compared, in all its parts.
LOGIN = """
<input type="hidden" name="outside" value="1" form="login">
<form id="search"><input name="q"><button name="go">Search</button></form>
<form id="login" action="/session" method="get">
  <input type="hidden" name="csrf" value="t0k&amp;n">
  <input name="email"><input name="password" type="password">
  <input type="checkbox" name="remember" checked>
  <input type="checkbox" name="spam" value="yes">
  <input type="radio" name="role" value="reader"><input type="radio" name="role" value="critic" checked>
  <select name="lang"><option value="de">Deutsch<option selected>English</select>
  <input name="old" value="disabled" disabled>
  <fieldset disabled><legend><input name="in_legend" value="1"></legend>
    <input name="in_fieldset" value="no"><legend><input name="in_legend_2" value="no"></legend></fieldset>
  <input name="twice" value="1"><input name="twice" value="2">
  <button name="action" value="cancel">Cancel</button>
  <button name="action" value="login" formaction="login?by=form" formmethod="post">Sign in</button>
  <input type="image" name="pixel" src="go.png">
  <input type="reset" name="reset" value="Reset"><button type="button" name="menu">Menu</button>
  <input type="search" name="elsewhere" value="no" form="search"><input name="orphan" value="no" form="none">
</form>
"""


def form(inside: str, attributes: str = "", **options: Any) -> Form:
    return page(f"<form {attributes}>{inside}</form>", **options).form("form")


def entries(inside: str, **values: Any) -> list[tuple[str, str]]:
    """What a form with these controls sends, filled with values."""
    it = form(inside)
    for name, value in values.items():
        it[name] = value
    return it.entries(None)


def submit(inside: str, attributes: str = "", **options: Any) -> Request:
    return form(inside, attributes, **options).submit()


# The spec-shaped login form


def test_a_login_form_sends_what_a_browser_sends():
    it = page(LOGIN).form("#login")
    it["email"], it["password"] = "ada@shop.example", "p&w"
    request = it.submit(it.button("[value=login]"))
    assert (request.method, request.url) == ("POST", "https://shop.example/books/login?by=form")
    assert parse_qsl(request.body.decode(), keep_blank_values=True) == [
        ("outside", "1"),
        ("csrf", "t0k&n"),
        ("email", "ada@shop.example"),
        ("password", "p&w"),
        ("remember", "on"),
        ("role", "critic"),
        ("lang", "English"),
        ("in_legend", "1"),
        ("twice", "1"),
        ("twice", "2"),
        ("action", "login"),
    ]


def test_without_a_button_the_first_one_is_pressed():
    request = page(LOGIN).form("#login").submit()
    assert request.method == "GET"
    assert request.url.startswith("https://shop.example/session?outside=1&")
    assert request.url.endswith("&twice=2&action=cancel")


def test_an_image_button_sends_where_it_was_pressed():
    it = page(LOGIN).form("#login")
    assert it.entries(it.button("[name=pixel]"))[-2:] == [("pixel.x", "0"), ("pixel.y", "0")]
    nameless = form('<input type="image" value="no">')
    assert nameless.entries(nameless.button("input")) == [("x", "0"), ("y", "0")]


def test_a_control_belongs_to_the_form_that_it_names():
    assert page(LOGIN).form("#search").names == ["q", "go", "elsewhere"]
    assert "orphan" not in page(LOGIN).form("#login")


def test_only_enabled_controls_with_a_name_are_typed_into():
    typed = [control.get("name") for control in page(LOGIN).form("#login").typed_into()]
    assert typed == ["email", "password", "in_legend", "twice", "twice"]
    others = "<input type=file name=b><input type=submit name=c><input type=button name=d><input>"
    assert [c.get("name") for c in form(f"<textarea name=a></textarea>{others}").typed_into()] == ["a"]


# The entry list, control by control


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<input name=a>", [("a", "")]),
        ("<input value=1>", []),
        ("<input name=a type=new value=1>", [("a", "1")]),
        ("<input name=a type=hidden value=1 disabled>", []),
        ("<input name=a type=CHECKBOX value=1>", []),
        ("<datalist><input name=a value=1></datalist>", []),
        ("<button name=a value=1></button><input type=submit name=b>", []),
        ("<textarea name=a>\n\n1\n2</textarea>", [("a", "\r\n1\r\n2")]),
        ("<textarea name=a type=submit>1</textarea>", [("a", "1")]),
        ("<input type=hidden name=a value='1&#13;2&#10;3'>", [("a", "1\r\n2\r\n3")]),
        ("<input name=a value=1 dirname=a.dir>", [("a", "1"), ("a.dir", "ltr")]),
        ("<input type=hidden name=_Charset_ value=x>", [("_Charset_", "UTF-8")]),
        ("<input type=radio name=a value=1 checked><input type=radio name=a value=2 checked>", [("a", "2")]),
        ("<input type=radio name=a checked><input type=radio name=b checked>", [("a", "on"), ("b", "on")]),
        ("<fieldset disabled><fieldset><legend><input name=a></legend></fieldset></fieldset>", []),
    ],
)
def test_a_control_sends(inside, expected):
    assert entries(inside) == expected


@pytest.mark.parametrize(
    ("attributes", "options", "expected"),
    [
        ("", "<option>1<option>2", ["1"]),
        ("", "<option disabled>1<option>2", ["2"]),
        ("", "<option value='' selected disabled>Choose<option>2", []),
        ("", "<option selected>1<option selected>2", ["2"]),
        ("", "<option value=''>1", [""]),
        ("", "<option> a \n b ", ["a b"]),
        ("", "<optgroup disabled><option>1</optgroup><optgroup><option>2</optgroup>", ["2"]),
        ("size=1", "<option>1<option>2", ["1"]),
        ("size=3", "<option>1<option>2", []),
        ("multiple", "<option>1<option>2", []),
        ("multiple", "<option selected>1<option selected>2<option selected disabled>3", ["1", "2"]),
        ("disabled", "<option>1", []),
    ],
)
def test_a_select_sends(attributes, options, expected):
    sent = entries(f"<select name=a {attributes}>{options}</select>")
    assert [value for _, value in sent] == expected


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("value=' 1&#10;2 '", " 12 "),
        ("type=nonsense value='1&#13;2'", "12"),
        ("type=email value=' a@b '", "a@b"),
        ("type=email multiple value=' a , b'", "a,b"),
        ("type=url value='&#10; http://x '", "http://x"),
        ("type=number value=1e3", "1e3"),
        ("type=number value=+1", ""),
        ("type=number value=1e999", ""),
        ("type=range", "50"),
        ("type=range max=5", "3"),
        ("type=range min=1 max=9 step=3 value=8", "7"),
        ("type=range min=5 max=1 step=any value=9.5", "5"),
        ("type=color value=#ABC", "#aabbcc"),
        ("type=color value=#AABBCC80", "#aabbcc"),
        ("type=color", "#000000"),
        ("type=date value=2024-02-29", "2024-02-29"),
        ("type=date value=2023-02-29", ""),
        ("type=month value=2024-12", "2024-12"),
        ("type=month value=2024-13", ""),
        ("type=week value=2020-W53", "2020-W53"),
        ("type=week value=2021-W53", ""),
        ("type=week value=x", ""),
        ("type=time value=10:00:30.5", "10:00:30.5"),
        ("type=time value=24:00", ""),
        ("type=datetime-local value='2024-02-29 10:00:00'", "2024-02-29T10:00"),
        ("type=datetime-local value=2024-02-29T10:00:05.500", "2024-02-29T10:00:05.5"),
        ("type=datetime-local value=2024-02-30T10:00", ""),
    ],
)
def test_a_value_is_sanitized_as_the_type_of_its_input_says(control, expected):
    assert entries(f"<input name=a {control}>") == [("a", expected)]


def test_a_value_given_is_sanitized_too():
    assert entries("<input name=a><input type=number name=b>", a="x\ny", b="no") == [("a", "xy"), ("b", "")]


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("<input name=a dirname=d dir=rtl>", "rtl"),
        ("<p dir=RTL><input name=a dirname=d dir=nonsense>", "rtl"),
        ("<p dir=rtl><input type=tel name=a dirname=d>", "ltr"),
        ("<input name=a dirname=d dir=auto value='1 א'>", "rtl"),
        ("<input name=a dirname=d dir=auto value='1'>", "ltr"),
        ("<div dir=auto><b dir=ltr>x</b><script>x</script>א<input name=a dirname=d></div>", "rtl"),
    ],
)
def test_the_direction_of_a_text_is_sent_under_its_dirname(control, expected):
    assert entries(control)[1] == ("d", expected)


def test_what_a_template_holds_is_no_control():
    assert entries("<template><input name=a></template><input name=b>") == [("b", "")]


def test_an_id_that_is_there_twice_names_its_first_element():
    answer = page("<p id=f></p><form id=f><input name=a form=f><input name=b></form>")
    assert answer.form("form").names == ["b"]


# Filling


def test_a_value_given_stands_in_for_the_one_on_the_page():
    assert entries("<input name=a value=1><textarea name=b>2</textarea>", a="x", b="y\r\nz") == [
        ("a", "x"),
        ("b", "y\r\nz"),
    ]


def test_several_values_go_into_the_controls_of_one_name_in_turn():
    inside = "<input name=a value=1><input name=a value=2><input name=a value=3>"
    assert [value for _, value in entries(inside, a=["x", "y"])] == ["x", "y", "3"]
    assert [value for _, value in entries(inside, a="x")] == ["x", "2", "3"]


def test_a_form_filled_once_may_be_submitted_twice():
    it = form("<input name=a><input name=a>")
    it["a"] = ["x", "y"]
    assert it.entries(None) == it.entries(None) == [("a", "x"), ("a", "y")]


def test_boxes_are_ticked_by_a_bool_or_by_their_values():
    inside = "<input type=checkbox name=a value=1 checked><input type=checkbox name=a value=2>"
    assert entries(inside, a=True) == [("a", "1"), ("a", "2")]
    assert entries(inside, a=False) == []
    assert entries(inside, a=["2"]) == entries(inside, a="2") == [("a", "2")]
    assert entries("<input type=checkbox name=a>", a="on") == [("a", "on")]


def test_the_hidden_field_beside_a_box_keeps_its_value():
    inside = "<input type=hidden name=a value=0><input type=checkbox name=a value=1>"
    assert entries(inside, a=True) == [("a", "0"), ("a", "1")]
    assert entries(inside, a=False) == [("a", "0")]


def test_radio_buttons_and_options_are_chosen_by_their_values():
    inside = (
        "<input type=radio name=a value=1 checked><input type=radio name=a value=2>"
        "<select name=b><option>1<option>2<option>2</select>"
        "<select name=c multiple><option selected>1<option>2<option>3</select>"
    )
    assert entries(inside, a="2", b="2", c=["2", "3"]) == [("a", "2"), ("b", "2"), ("c", "2"), ("c", "3")]


def test_a_part_of_a_value_chooses_nothing():
    inside = "<input type=checkbox name=a value=1><select name=b><option>1<option>12</select>"
    assert entries(inside, a="12", b="12") == [("b", "12")]


def test_a_disabled_option_cannot_be_chosen():
    assert entries("<select name=a><option disabled>1<option>2</select>", a="1") == []


def test_filling_what_is_not_there_says_what_is():
    it = form("<input name=csrf type=hidden><input name=email><input name=email><input>")
    with pytest.raises(KeyError) as caught:
        it["user"] = "ada"
    assert caught.value.args == (f"The form at {URL} has no field 'user'; it has csrf, email.",)
    with pytest.raises(KeyError, match="it has no field with a name"):
        form("<input>")["user"] = "ada"


# Buttons


def test_a_button_that_is_not_there_says_which_are():
    it = page(LOGIN).form("#login")
    with pytest.raises(KeyError) as caught:
        it.button("#go")
    assert caught.value.args == (
        f"The form at {URL} has no button '#go'; it has 'Cancel', 'Sign in', 'pixel'.",
    )
    with pytest.raises(KeyError, match="it has no button"):
        form("<input name=a>").button("button")


def test_only_enabled_buttons_of_the_form_that_submit_are_pressed():
    it = form(
        "<button disabled>1</button><button type=reset>2</button><button type=nonsense>3</button>"
        "<input type=submit value=4><input type=button value=5>"
    )
    assert [label_of(button) for button in it.buttons()] == ["3", "4"]
    with pytest.raises(KeyError):
        page(LOGIN).form("#login").button("#search button")


def test_the_button_that_is_pressed_is_sent_in_its_place_and_no_other():
    it = form("<input type=submit name=a value=1><input name=b><button name=c>Go</button>")
    assert it.entries(it.button("[name=a]")) == [("a", "1"), ("b", "")]
    assert it.entries(it.button("[name=c]")) == [("b", ""), ("c", "")]


def test_the_label_of_a_button_is_what_a_person_reads():
    buttons = form("<button name=n> a <b>b</b></button><input type=submit value=c><input type=image alt=d>")
    assert [label_of(button) for button in buttons.buttons()] == ["a b", "c", "d"]


# Where it goes, and how


@pytest.mark.parametrize(
    ("attributes", "button", "expected"),
    [
        ("", "", f"{URL}?a=1"),
        ("action=''", "", f"{URL}?a=1"),
        ("action='/x?old=1#part'", "", "https://shop.example/x?a=1"),
        ("action=' x '", "", "https://shop.example/books/x?a=1"),
        ("action=x", "formaction=''", f"{URL}?a=1"),
        ("action=x method=post", "formaction=//pay.example/y formmethod=get", "https://pay.example/y?a=1"),
        ("method=dialog", "", f"{URL}?a=1"),
    ],
)
def test_a_get_puts_the_entries_in_place_of_the_query(attributes, button, expected):
    request = submit(f"<input name=a value=1><button {button}>Go</button>", attributes)
    assert (request.method, request.url, request.body) == ("GET", expected, None)


def test_an_action_counts_from_the_base_of_the_page_but_an_empty_one_is_the_page():
    based = page('<base href="https://cdn.example/"><form action="go"></form><form></form>')
    assert [it.submit().url for it in based.forms()] == ["https://cdn.example/go?", f"{URL}?"]


def test_an_action_that_is_no_address_is_an_error_that_shows_it():
    for action in ("mailto:ada@shop.example", "http://[broken"):
        with pytest.raises(ConfigError, match="is no http or https address"):
            submit("", f'action="{action}"')


def test_a_post_names_its_type_its_origin_and_where_it_comes_from():
    request = submit("<input name=a value=1>", "method=POST action=/x?q=1#part", url=f"{URL}?page=2#top")
    assert (request.method, request.url, request.body) == ("POST", "https://shop.example/x?q=1", b"a=1")
    assert request.headers == {
        "Referer": f"{URL}?page=2",
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "https://shop.example",
    }


def test_entries_are_encoded_as_the_url_standard_says():
    request = submit(
        '<input name="a b" value="*-._~ +&amp;=%€"><input type=hidden name=c value="1&#10;2">', "method=post"
    )
    assert request.body == b"a+b=*-._%7E+%2B%26%3D%25%E2%82%AC&c=1%0D%0A2"


def test_multipart_gives_every_entry_a_part():
    request = submit(
        '<input name="a&quot;" value="é"><input name=b value=2>', "method=post enctype=Multipart/Form-Data"
    )
    boundary = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    assert request.body.split(b"--" + boundary) == [
        b"",
        b'\r\nContent-Disposition: form-data; name="a%22"\r\n\r\n\xc3\xa9\r\n',
        b'\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n',
        b"--\r\n",
    ]


def test_a_file_that_is_not_chosen_is_a_part_without_a_name():
    request = submit("<input type=file name='a&#10;é'>", "method=post enctype=multipart/form-data")
    head = 'Content-Disposition: form-data; name="a%0D%0Aé"; filename=""'
    assert f"\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--".encode() in request.body
    assert submit("<input type=file name=a>", "method=post").body == b"a="


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("?", "https://shop.example/books/list?"),
        ("?é", "https://shop.example/books/list?%E9"),
        ("?é&#1046;", "https://shop.example/books/list?%E9%26%231046%3B"),
        ("/é/%zz b[]|", "https://shop.example/%C3%A9/%zz%20b[]%7C"),
        (r"\\pay.example\x", "https://pay.example/x"),
        ("a/%2e%2E/./b//c/..", "https://shop.example/books/b//"),
        ("/x\n\t/y ", "https://shop.example/x/y"),
        ("https:x", "https://shop.example/books/x"),
        ("HTTP:/pay.example", "http://pay.example/"),
        ("#top", "https://shop.example/books/list?page=2"),
    ],
)
def test_an_action_is_read_as_the_url_standard_says(action, expected):
    html = f'<form method=post action="{action}"></form>'.encode("windows-1252")
    answer = page(html, url=f"{URL}?page=2", type="text/html; charset=windows-1252")
    assert answer.form("form").submit().url == expected


@pytest.mark.parametrize(
    ("url", "action", "expected"),
    [
        ("https://shop.example/a?b#c", "/x", {"Referer": "https://shop.example/a?b"}),
        ("https://shop.example/a", "https://pay.example/x", {"Referer": "https://shop.example/"}),
        ("http://shop.example/a", "https://shop.example/x", {"Referer": "http://shop.example/"}),
        ("https://shop.example/a", "http://shop.example/x", {}),
    ],
)
def test_only_the_same_origin_sees_the_whole_page_it_comes_from(url, action, expected):
    assert submit("", f"action={action}", url=url).headers == expected


@pytest.mark.parametrize(
    ("label", "name", "sent"),
    [
        ("latin1", "windows-1252", b"\xe9\x80&#28450;"),
        ("GB2312", "GBK", b"\xa8\xa6\x80\x9dh"),
        ("gb18030", "gb18030", b"\xa8\xa6\xa2\xe3\x9dh"),
        ("big5", "Big5", b"&#233;\xa3\xe1\xba~"),
        ("euc-jp", "EUC-JP", b"&#233;&#8364;\xb4\xc1"),
        ("iso-8859-8-i", "ISO-8859-8-I", b"&#233;&#8364;&#28450;"),
        ("hex", "UTF-8", "é€漢".encode()),
        ("utf-16", "UTF-8", "é€漢".encode()),
    ],
)
def test_an_encoding_has_the_name_and_the_octets_of_the_encoding_standard(label, name, sent):
    attributes = f"method=post enctype=text/plain accept-charset={label}"
    body = submit("<input name=a value='é€漢'><input type=hidden name=_charset_>", attributes).body
    assert body == b"a=" + sent + f"\r\n_charset_={name}\r\n".encode()


def test_text_plain_gives_every_entry_a_line():
    inside = "<input name=a value='1 &amp; 2'><textarea name=b>x\ny</textarea><button formenctype=text/plain>"
    request = submit(inside, "method=post enctype=multipart/form-data")
    assert (request.body, request.headers["Content-Type"]) == (b"a=1 & 2\r\nb=x\r\ny\r\n", "text/plain")


@pytest.mark.parametrize(
    ("attributes", "type", "expected"),
    [
        ("", "text/html; charset=utf-8", b"a=%E2%82%AC%E6%BC%A2"),
        ("", "text/html; charset=iso-8859-1", b"a=%80%26%2328450%3B"),
        ("accept-charset='unknown,Shift_JIS utf-8'", "text/html; charset=utf-8", b"a=%26%238364%3B%8A%BF"),
        ("accept-charset=unknown", "text/html; charset=utf-8", b"a=%E2%82%AC%E6%BC%A2"),
        ("", "text/html; charset=utf-16-le", b"a=%E2%82%AC%E6%BC%A2"),
        ("accept-charset=iso-8859-1 enctype=text/plain", "text/html; charset=utf-8", b"a=\x80&#28450;\r\n"),
    ],
)
def test_what_is_sent_is_in_the_encoding_of_the_form_or_the_page(attributes, type, expected):
    html = f"<form method=post {attributes}><input name=a value='&#8364;&#28450;'></form>"
    content = html.encode(codecs.lookup(type.partition("charset=")[2]).name)
    assert page(content, type=type).form("form").submit().body == expected


def test_multipart_is_in_the_encoding_of_the_form_too():
    attributes = "method=post enctype=multipart/form-data accept-charset=iso-8859-1"
    assert b"\r\n\r\n\x80\r\n" in submit("<input name=a value='€'>", attributes).body


def test_a_form_shows_how_and_where_it_goes_and_what_it_has():
    assert (
        repr(form("<input name=a><input name=b>", "action=/x"))
        == "<Form GET https://shop.example/x with a, b>"
    )


def test_a_form_shows_no_token_of_its_address():
    it = form("<input name=q>", "action='/x;jsessionid=abc?csrf=def&page=2'", url=f"{URL}?ticket=ghi")
    assert repr(it) == "<Form GET https://shop.example/x;jsessionid=***?csrf=***&page=2 with q>"
    with pytest.raises(KeyError, match=r"The form at .*\?ticket=\*\*\* has no field 'name'"):
        it["name"] = "ada"
    with pytest.raises(KeyError, match=r"The form at .*\?ticket=\*\*\* has no button 'b'"):
        it.button("b")


# Pages that are made to keep a reader busy


def test_the_controls_of_a_page_are_found_once_for_all_its_forms(monkeypatch):
    searched = Counted(owners._controls)
    monkeypatch.setattr(owners, "_controls", searched)
    it = page("<form><input name=q><button>Go</button></form>" * 2_000)
    assert {tuple(form.names) for form in it.forms()} == {("q",)}
    it.forms()
    assert searched.times == 1


def test_forms_that_are_filled_in_do_not_fill_in_each_other():
    it = page("<form><input name=q></form>")
    it.forms()[0]["q"] = "books"
    assert it.forms()[0].entries(None) == [("q", "")]


def test_only_the_radio_button_checked_last_is_sent_of_many():
    many = "".join(f"<input type=radio name=r checked value={n}>" for n in range(2_000))
    assert entries(f"{many}<input type=radio name=r value=last>") == [("r", "1999")]


def test_a_direction_is_found_in_what_is_deep():
    deep = "<div>" * 1_900
    it = page(f"<form dir=auto><input name=a dirname=d value=1>{deep}\u05d0").form("form")
    assert ("d", "rtl") in it.entries(None)


def test_the_label_around_many_fields_names_each_of_them():
    it = form(f"<label>User{' <input name=u>' * 500}</label>")
    assert {label_text(it, control) for control in it.controls} == {"User"}
    assert find_field(it, USERNAME) == ("u", "its label")
