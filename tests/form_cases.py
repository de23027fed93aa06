"""Forms that we and Chromium submit to one server: the traps by hand, and the parts of generated ones.

Every case is a page, of which the first form is submitted, by the button that `press` selects, or as it is.
Both send the same, byte for byte after the boundary. Where they do not, `because` says why: these cases, all
behind `KNOWN`, are the whole list of differences that we know of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PATH = "/forms/page?of=1"


@dataclass(frozen=True)
class Case:
    """A page with a form, and what is done to it."""

    title: str
    html: str
    press: str | None = None
    charset: str = "utf-8"
    path: str = PATH
    fill: Mapping[str, str] = field(default_factory=dict)
    because: str = ""

    @property
    def content(self) -> bytes:
        """The page as it is served."""
        return f"<!doctype html><title>{self.title}</title>{self.html}".encode(
            self.charset, "xmlcharrefreplace"
        )


def form(inside: str, attributes: str = "") -> str:
    """A form that posts to the server."""
    return f"<form {attributes or 'method=post action=/sent'}>{inside}</form>"


def sends(title: str, inside: str, attributes: str = "", **options: str) -> Case:
    """A case of one form."""
    return Case(title, form(inside, attributes), **options)


MULTIPART = "method=post action=/sent enctype=multipart/form-data"
PLAIN_TEXT = "method=post action=/sent enctype=text/plain"
ODD = "&quot;é€漢😀%&#10;\\';+ &amp;=~*-._"

LOGIN = """
<base href="/deep/er/">
<input type="hidden" name="outside" value="1" form="login">
<form id="login" action="session?old=1#part" accept-charset="windows-1252" novalidate>
  <input type="hidden" name="csrf" value="t0k&amp;n+/=%"><input type="hidden" name="_charset_">
  <input name="email" type="email" value=" x@y " required><input name="password" type="password">
  <input type="checkbox" name="remember" checked><input type="checkbox" name="spam" value="yes">
  <input type="radio" name="role" value="reader"><input type="radio" name="role" value="critic" checked>
  <select name="lang"><option value="de">Deutsch<option selected> English  (any) </select>
  <select name="zone"><option disabled>Choose<optgroup disabled><option>1</optgroup>
    <optgroup label=x><option>2<option>3</optgroup></select>
  <select name="many" multiple><option selected>1<option selected disabled>2
    <option value="" selected>3</select>
  <input name="old" value="disabled" disabled>
  <fieldset disabled><legend><input name="in_legend" value="1"></legend><input name="in_fieldset" value="no">
    <legend><input name="in_legend_2" value="no"></legend></fieldset>
  <table><tr><td><table><tr><td><input name="nested" value="1"></td></tr></table></td></tr></table>
  <input name="twice" value="1"><input name="twice" value="2">
  <input value="nameless"><input name="" value="1">
  <textarea name="note" dirname="note.dir">

one
two & € 漢</textarea>
  <input name="isindex" value="1"><input type="file" name="picture">
  <button name="action" value="cancel">Cancel</button>
  <button name="action" value="login" formaction="login?by=form" formmethod="post">Sign in</button>
  <button name="action" value="upload" formmethod="post" formenctype="multipart/form-data">Upload</button>
  <button name="action" value="here" formaction="" formmethod="post">Here</button>
  <input type="image" name="pixel" formmethod="post">
  <input type="reset" name="reset" value="Reset"><button type="button" name="menu">Menu</button>
</form>
<input name="behind" value="é" form="login"><input name="orphan" value="no" form="none">
<button form="login" name="outer" formmethod="post">Outer</button>
"""
FILLED = {"email": "ada@shop.example", "password": "pä&w +=%\u20ac\u0416"}

LOGINS = [
    Case(f"login on a page in {charset}, pressed by {press}", LOGIN, press, charset, fill=FILLED)
    for charset in ("utf-8", "iso-8859-2")
    for press in (None, "[value=login]", "[value=upload]", "[value=here]", "[name=pixel]", "[name=outer]")
]

CONTROLS = [
    sends(f"control {inside}", inside)
    for inside in (
        "",
        "<input>",
        "<input value=1>",
        "<input name='' value=1>",
        "<input name=a type=new value=1>",
        "<input name=a type=' hidden ' value='1&#10;2'>",
        "<input name='a&#13;b&#10;c' value='1&#13;2&#10;3'>",
        "<input type=hidden name=a value='1&#13;2&#10;3&#13;&#10;4'>",
        "<input type=checkbox name=a checked><input type=checkbox name=b value='' checked>",
        "<input type=CHECKBOX name=a value='1&#10;2' checked>",
        "<input type=radio name=a value=1 checked><input type=radio name=a value=2 checked>",
        "<input type=radio name=a value=1 checked><input type=radio name=a value=2 checked disabled>",
        "<input type=radio name=a value=1 checked><input type=radio name=A value=2 checked>",
        "<input type=radio name=a value=1><input type=radio name=a value=2>",
        "<input type=radio name=a checked><input type=checkbox name=a checked>",
        "<textarea name=a>\n\n1\r\n2\r3&#13;4</textarea><textarea name=b>&#10;x</textarea>",
        "<textarea name=a>\r\nx</textarea><textarea name=b>&#13;x</textarea>",
        "<textarea name=a type=submit><b>1</b>&lt;i&gt;<!-- 2 --></textarea>",
        "<textarea name=a> </textarea><textarea>1</textarea>",
        "<input type=hidden name=_Charset_ value=x><input name=_charset_ value=y>",
        "<input type=hidden name=_charset_ disabled>",
        "<input name=isindex value=1><input name=b>",
        "<input type=file name=a><input type=file name=b multiple><input type=file>",
        "<object name=a data='data:text/plain,1'></object><output name=b>1</output><meter name=c></meter>",
        "<keygen name=a><img name=b><fieldset name=c></fieldset><label name=d></label>",
        "<template><input name=a><template><input name=b></template></template><input name=c>",
        "<script>'<input name=a>'</script><style><input name=b></style><!-- <input name=c> -->",
        "<iframe><input name=a></iframe><noembed><input name=b></noembed><title><input name=c></title>",
        "<fieldset disabled><fieldset><legend><input name=a></legend></fieldset></fieldset><input name=b>",
        "<fieldset disabled><p></p><legend><p><input name=a></p></legend></fieldset>",
        "<fieldset disabled><div><legend><input name=a></legend></div></fieldset>",
        "<fieldset disabled><legend><fieldset disabled><input name=a></fieldset></legend></fieldset>",
        "<div hidden style='display:none'><input name=a value=1></div><input name=b readonly value=2>",
        "<input type=submit name=a><input type=image name=b><input type=reset name=c value=1>",
        "<input name=a value='  1  '><input type=search name=b value='&#10;1&#10;'>",
        "<input type=email name=a value=' a@b.c '><input type=email name=b multiple value=' a , b,c '>",
        "<input type=email name=a multiple value=''><input type=email name=b multiple value=' , '>",
        "<input type=url name=a value='&#10; http://x/ a '><input type=tel name=b value=' 1&#10;2 '>",
        "<input type=password name=a value=' 1&#13;2 '><input name=b value='&#9;1&#12;'>",
        *(
            f"<input type=number name=a value='{value}'>"
            for value in ("1", "-1.50", "1e3", "+1", ".5", "1.", "x", " 1", "", "-0", "1E+2", "1e999", "0x1")
        ),
        *(
            f"<input type=range name=a {attributes}>"
            for attributes in (
                "value=7",
                "",
                "value=x",
                "value=101",
                "value=-5 min=-3",
                "min=10 max=5",
                "min=0 max=5",
                "min=0 max=1 step=0.1",
                "value=7 step=5",
                "value=7.5 step=any",
                "value=2.5 min=1 max=9",
                "value=8 min=1 max=9 step=3",
                "min=-10 max=10 step=3 value=9.9",
                "max=50 value=60",
                "value=7 min=x max=y step=z",
            )
        ),
        *(
            f"<input type=color name=a value='{value}'>"
            for value in ("#AABBCC", "#11223344", "#1234", "", "#abc", " #abcdef", "transparent")
        ),
        "<input type=color name=a>",
        *(
            f"<input type=date name=a value='{value}'>"
            for value in ("2024-02-29", "2023-02-29", "1-1-1", "x")
        ),
        *(
            f"<input type=month name=a value='{value}'>"
            for value in ("2024-02", "2024-13", "0000-01", "12024-01")
        ),
        *(
            f"<input type=week name=a value='{value}'>"
            for value in ("2020-W53", "2021-W53", "2020-W1", "2020-W00")
        ),
        *(
            f"<input type=time name=a value='{value}'>"
            for value in ("10:00", "24:00", "10:00:30", "10:00:30.50", "10:00:30.1234", "1:00", "10:00:60")
        ),
        *(
            f"<input type=datetime-local name=a value='{value}'>"
            for value in (
                "2024-02-29T10:00",
                "2024-02-29 10:00:00.500",
                "2024-02-30T10:00",
                "2024-02-29T10:00:00",
                "2024-02-29T10:00Z",
                "2024-02-29T10:00:05.500",
            )
        ),
    )
]

CONTROLS += [
    sends("c1", "<input name=a value='\x81&#129;&#x9d;'>", "method=post accept-charset=windows-1252"),
    sends("c1 of others", "<input name=a value='\x81\x80\x9d'>", "method=post accept-charset=windows-1253"),
    sends("yen", "<input name=a value='&#165;&#8254;&#8722;'>", "method=post accept-charset=shift_jis"),
    sends("yen in euc", "<input name=a value='&#165;&#8254;&#8722;'>", "method=post accept-charset=euc-jp"),
    sends("nul", "<input name=a value='&#0;&#128;&#xD800;'>"),
    Case("a form around table rows", "<table><form method=post><tr><td><input name=a></form></table>"),
]

SELECTS = [
    sends(f"select {attributes} {options}", f"<select name=a {attributes}>{options}</select>")
    for attributes, options in (
        ("", ""),
        ("", "<option>1<option>2"),
        ("", "<option disabled>1<option>2"),
        ("", "<option disabled>1"),
        ("", "<option value='' selected disabled>Choose<option>2"),
        ("", "<option selected>1<option selected>2"),
        ("", "<option selected>1<option selected disabled>2"),
        ("", "<option value=''>1"),
        ("", "<option> a \n b&#9;c&#12; "),
        ("", "<option>&nbsp;a&nbsp; &nbsp;b&#x3000;"),
        ("", "<option label=x>1<option label=y value=2>"),
        ("", "<option label=x>"),
        ("", "<option>a<script>b</script>c"),
        ("", "<option>a<b>b</b> <i> c</i>"),
        ("", "<option value='1&#10;2'>"),
        ("", "<optgroup disabled><option>1</optgroup><optgroup><option>2</optgroup>"),
        ("", "<optgroup disabled><option selected>1</optgroup><option>2"),
        ("", "<optgroup><option>1<optgroup disabled><option>2</optgroup>"),
        ("", "<option>1<hr><option selected>2<hr>"),
        ("", "<div><option>1</option></div>"),
        ("size=1", "<option>1<option>2"),
        ("size=0", "<option>1<option>2"),
        ("size=x", "<option>1<option>2"),
        ("size=01", "<option>1<option>2"),
        ("size=' 1x'", "<option>1<option>2"),
        ("size='+1'", "<option>1<option>2"),
        ("size='-1'", "<option>1<option>2"),
        ("size=3", "<option>1<option>2"),
        ("size=3", "<option selected>1<option selected>2"),
        ("size=2x", "<option>1<option>2"),
        ("multiple", "<option>1<option>2"),
        ("multiple", "<option selected>1<option selected>2<option selected disabled>3"),
        ("multiple size=1", "<option>1<option>2"),
        ("disabled", "<option>1"),
        ("multiple", "<optgroup disabled><option selected>1</optgroup><option selected>2"),
    )
]

BUTTONS = [
    sends(f"button {button}", f"<input name=a value=1>{button}<input name=b value=2>", press="#x")
    for button in (
        "<button id=x>",
        "<button id=x name=c></button>",
        "<button id=x name=c value='1&#10;2' type=nonsense></button>",
        "<button id=x name=c value=1 type=image></button>",
        "<input id=x type=submit>",
        "<input id=x type=submit name=c>",
        "<input id=x type=submit name=c value=''>",
        "<input id=x type=submit name=c value='a&#10;b €'>",
        "<input id=x type=submit name=_charset_ value=1>",
        "<input id=x type=image>",
        "<input id=x type=image name=c value=1>",
        "<input id=x type=image name='' value=1>",
        "<button id=x name=c value=1 dirname=c.dir></button>",
        "<button id=x formaction=/other></button>",
        "<button id=x formaction='other?x=1#y'></button>",
        "<button id=x formaction=''></button>",
        "<button id=x formaction='?'></button>",
        "<button id=x formmethod=get></button>",
        "<button id=x formmethod=GET formaction='/g?old=1'></button>",
        "<button id=x formmethod=''></button>",
        "<button id=x formmethod=put></button>",
        "<button id=x formmethod=' post '></button>",
        "<button id=x formenctype=multipart/form-data></button>",
        "<button id=x formenctype=Text/Plain></button>",
        "<button id=x formenctype=''></button>",
        "<button id=x formenctype=' text/plain'></button>",
        "<input id=x type=image name=c formaction=/i formenctype=text/plain>",
    )
] + [
    Case(
        "the button of enctype overrides", form("<input name=a><button id=x formenctype=''>", MULTIPART), "#x"
    ),
    Case(
        "a button outside", form("<input name=a>", "id=f method=post") + "<button id=x form=f name=c>", "#x"
    ),
    Case(
        "a button outside, in a fieldset of another form",
        form("<input name=a>", "id=f method=post")
        + "<form><fieldset><button id=x form=f name=c></button><input name=b form=f></fieldset></form>",
        "#x",
    ),
]

DIRECTIONS = [
    sends(f"dirname {inside}", inside)
    for inside in (
        "<input name=a dirname=d>",
        "<input name='' dirname=d>",
        "<input name=a dirname=d dir=rtl>",
        "<input name=a dirname=d dir=x>",
        "<input name=a dirname=d dir=auto value='א'><input name=b dirname=e dir=auto value='1a'>",
        "<input name=a dirname=d dir=auto value='1א'><input name=b dirname=e dir=auto value='12'>",
        "<input name=a dirname=d dir=auto><textarea name=b dirname=e dir=auto>\n1 א</textarea>",
        "<div dir=rtl><input name=a dirname=d><input name=b dirname=e dir=ltr>"
        "<p dir=x><input name=c dirname=f></div>",
        "<div dir=rtl><input type=tel name=a dirname=d><input type=email name=b dirname=e></div>",
        "<div dir=rtl><input type=hidden name=a dirname=d><input type=number name=b dirname=e>"
        "<input type=url name=c dirname=f><input type=search name=g dirname=h>"
        "<input type=password name=i dirname=j><input type=checkbox checked name=k dirname=l></div>",
        "<div dir=rtl><select name=a dirname=d><option>1</select><input type=range name=b dirname=e></div>",
        "<div dir=auto>א<input name=a dirname=d></div><bdi><input name=b dirname=e></bdi>",
        "<div dir=auto><p dir=ltr>a</p><script>a</script>א<input name=a dirname=d></div>",
        "<textarea name='a' dirname='d&#10;e' dir=rtl></textarea>",
    )
] + [Case("dirname of a page", "<body dir=rtl>" + form("<input name=a dirname=d>"))]

ACTIONS = (
    [
        Case(
            f"{attributes} {'based' if base else 'without base'}",
            base + form("<input name=a value='1 é'>", attributes),
            charset="windows-1252",
        )
        for base in ("", "<base href='/deep/er/base?q=1'>")
        for attributes in (
            "id=f",
            *(
                f"method={method} action='{action}'"
                for action in (
                    "",
                    " ",
                    "?",
                    "?x",
                    "#",
                    "#part",
                    "x?old=1#part",
                    " /x&#10;y&#9;z ",
                    "../../../x/./y/../z",
                    ".",
                    "/a b/é/%zz%41?b c=é€&quot;&lt;>&#39;",
                    "\\a\\b",
                    "\\\\localhost:{port}\\b",
                    "/x??y#?z",
                    "/x?#",
                    "/a;b=1,c@d:e!$&amp;()*+[]^`{|}~",
                    "/q?[]^`{|}~!$()*+,;:@/?\\",
                    "//LOCALHOST:{port}/x",
                    "http:x",
                    "HTTP:/y",
                    "/%2e%2e/%2E/x",
                    "a//b//../c",
                )
                for method in (("get", "post") if len(action) < 3 or "old" in action else ("post",))
            ),
        )
    ]
    + [
        Case(
            f"base {base}", f"<base target=_self><base href='{base}'><base href=/no/>" + form("", "action=x")
        )
        for base in ("", "/b/", "b", "?x", "//localhost:{port}/c/", "data:text/html,x", "b/ c é/")
    ]
    + [
        Case(
            "empty action, page with a query",
            form("<input name=a>", "method=post action=''"),
            path="/p?x=%e9&y",
        ),
        Case("a page with an empty query", form("<input name=a>", "method=post"), path="/p?"),
        Case("a get from a page without a query", form("<input name=a>", "action=?"), path="/p"),
        Case("methods put", form("<input name=a>", "method=put")),
        Case("methods spaced", form("<input name=a>", "method=' post'")),
        Case("methods POST", form("<input name=a>", "method=pOsT enctype=' multipart/form-data'")),
        Case(
            "get is urlencoded",
            form("<input name=a value='1 2'>", "enctype=multipart/form-data action='/x?y'"),
        ),
        Case("empty get", form("", "action='/x?y'")),
    ]
)

ENCODINGS = [
    sends(
        f"{charset} {enctype} accept-charset={accepted}",
        f'<input type=hidden name="{ODD}" value="{ODD}"><input type=hidden name=_charset_>'
        f'<textarea name=b dirname="{ODD}">{ODD}</textarea><input type=file name="{ODD}">'
        "<select name=c><option>&#28450; é</select><input type=hidden name='' value=1>",
        f"method=post action='/x?é' enctype={enctype} accept-charset='{accepted}'",
        charset=charset,
    )
    for enctype in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "nonsense")
    for charset, accepted in (
        ("utf-8", ""),
        ("utf-8", "windows-1252"),
        ("utf-8", "latin1, utf-8"),
        ("utf-8", "UNKNOWN Shift_JIS"),
    )
] + [
    sends(
        f"{charset} accept-charset={accepted}",
        "<input type=hidden name=a value='é &#8364; &#28450; &#1078; &#64; &#128512; &#42; ~\\'>"
        "<input type=hidden name=_charset_>",
        f"method=post action='/x?é&#8364;' {accepted}",
        charset=charset,
    )
    for charset, accepted in (
        ("windows-1252", ""),
        ("windows-1252", "accept-charset=utf-8"),
        ("windows-1252", "accept-charset=''"),
        ("windows-1252", "accept-charset=unknown"),
        ("windows-1252", "accept-charset='unknown;utf-8'"),
        ("windows-1252", "accept-charset=hex"),
        ("windows-1252", "accept-charset=idna"),
        ("windows-1252", "accept-charset=' UTF8 '"),
        ("iso-8859-15", ""),
        ("iso-8859-2", "accept-charset='x,koi8-r'"),
        ("iso-8859-1", ""),
        ("utf-16le", ""),
        ("utf-8", "accept-charset=utf-16"),
        ("utf-8", "accept-charset=utf-7"),
        *(
            ("utf-8", f"accept-charset={label}")
            for label in [
                "ascii",
                "iso-8859-2",
                "iso-8859-5",
                "iso-8859-8",
                "iso-8859-8-i",
                "iso-8859-9",
                "iso-8859-10",
                "iso-8859-15",
                "iso-8859-16",
                "windows-874",
                "windows-1250",
                "windows-1251",
                "windows-1257",
                "koi8-r",
                "koi8-u",
                "ibm866",
                "macintosh",
                "x-mac-cyrillic",
                "gbk",
                "gb2312",
                "gb18030",
                "big5",
                "euc-kr",
                "euc-jp",
                "shift_jis",
                "iso-2022-jp",
                "utf-16be",
            ]
        ),
    )
]

OWNERS = [
    Case(title, html)
    for title, html in (
        (
            "form= before, inside and behind",
            "<input name=a form=f><form id=f method=post><input name=b><input name=c form=g>"
            "<input name=d form=''><input name=e form=F></form><input name=g form=f><form id=g></form>",
        ),
        (
            "form= names what is no form",
            "<p id=f></p><form id=f method=post><input name=a form=f><input name=b></form>",
        ),
        (
            "two forms of one id",
            "<form id=f method=post><input name=a></form><form id=f><input name=b form=f></form>",
        ),
        (
            "a radio group reaches outside",
            "<input type=radio name=a value=1 form=f checked><form id=f method=post>"
            "<input type=radio name=a value=2 checked></form><input type=radio name=a value=3 checked>",
        ),
        (
            "a radio group inside out",
            "<form id=f method=post><input type=radio name=a value=2 checked></form>"
            "<input type=radio name=a value=1 form=f checked>",
        ),
        ("a form in a table cell", "<table><tr><td><form method=post><input name=a></form></table>"),
        ("a table in a form", form("<table><tr><td><table><tr><td><input name=a></table></table>")),
    )
]

LXML, STANDARD, TABLES = (
    "lxml (libxml2) builds another tree than a browser from this markup",
    "Chromium does not do what the standard says here; we do",
    "Python has other tables for this encoding than the Encoding standard",
)

KNOWN = [
    sends(
        "a legend in a legend",
        "<fieldset disabled><legend><fieldset><legend></legend><input name=a></fieldset></legend></fieldset>",
        because=LXML,
    ),
    sends(
        "wave dash", "<input name=a value='&#12316;'>", "method=post accept-charset=euc-jp", because=TABLES
    ),
    Case("a form cut by its parent", "<div><form><input name=a></div><input name=b></form>", because=LXML),
    Case("a form in a form", "<form><input name=a><form><input name=b></form>", because=LXML),
    Case("a form in a template", f"<template><form></form></template>{form('')}", because="we list that too"),
    Case("noscript", form("<noscript><input name=a></noscript>"), because="we run no scripts"),
    Case(
        "hard wrap",
        form("<textarea name=a cols=3 wrap=hard>one two three</textarea>"),
        because="where lines break depends on fonts, so we break none",
    ),
    Case(
        "a page in gbk",
        form("<input type=hidden name=_charset_>"),
        charset="gbk",
        because="it is read as gb18030, which holds all of it, and sent as that",
    ),
    sends("a suggestion", "<datalist><input name=a></datalist>", because=STANDARD),
    sends("no dirname", "<input name=a dirname=''>", because=STANDARD),
    sends("DIR", "<input name=a dirname=d dir=RTL>", because=STANDARD),
    sends("bdi", "<bdi>א<input name=a dirname=d></bdi>", because=STANDARD),
    sends("submit dirname", "<input id=x type=submit name=a dirname=d>", press="#x", because=STANDARD),
    sends(
        "a get with another enctype",
        "<input name=a><input name=b><button id=x formmethod=get formenctype=text/plain>",
        press="#x",
        because=STANDARD,
    ),
    sends(
        "a post by the button with text/plain",
        "<input name=a value='1 2'><button id=x formmethod=post formenctype=text/plain>",
        "method=get",
        press="#x",
        because=STANDARD,
    ),
    sends(
        "what is only read",
        "<input type=hidden name=_charset_>",
        "method=post accept-charset=hz-gb-2312",
        because=STANDARD,
    ),
    sends(
        "an international address",
        "<input type=email name=a value='ada@münchen.de'>",
        because="browsers may put the domain into Punycode, and a site may want it as it was registered",
    ),
    sends(
        "a colour in words",
        "<input type=color name=a value=red>",
        because="we know colours in hexadecimal only",
    ),
    sends("a range as a power", "<input type=range name=a value=1e1>", because=STANDARD),
]

CASES = [*LOGINS, *CONTROLS, *SELECTS, *BUTTONS, *DIRECTIONS, *ACTIONS, *ENCODINGS, *OWNERS, *KNOWN]
