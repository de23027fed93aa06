from __future__ import annotations

import pytest

from scraper.calibration import calibrate, features
from tests.pages import page

OUT = "<a href=/logout>Sign out</a><p id=welcome>"
IN = "<a href=/login>Sign in</a><form action=/login><input name=pw type=password></form>"
NUMBERED = ((IN, (1, 2)), (OUT, (3, 4)))


def test_what_is_different_every_time_does_not_count():
    found = calibrate(
        [page(f"{IN}<p id=ad{n}>") for n in (1, 2)], [page(f"{OUT}<p id=ad{n}>") for n in (3, 4)]
    )
    assert "p id=welcome" in found.members
    assert not any("ad" in feature.split("id=")[-1] for feature in found.members if "id=ad" in feature)
    assert not any("id=ad" in feature for feature in found.strangers)


def test_what_strangers_see_now_and_then_is_no_mark_of_members():
    assert calibrate([page("<p id=a>"), page("")], [page("<p id=a>")] * 2) is None


def test_the_page_that_was_compared_is_judged_by_what_prevails():
    found = calibrate([page(IN)] * 2, [page(OUT)] * 2)
    assert [found.says(page(html)) for html in (OUT, IN, "", OUT + "<p id=new>")] == [
        "signed_in",
        "anonymous",
        "unknown",
        "signed_in",
    ]


def test_a_status_or_an_address_may_be_all_that_differs():
    found = calibrate([page("", status=403)] * 2, [page("", status=200)] * 2)
    assert (found.says(page("", status=403)), found.says(page("", status=200))) == ("anonymous", "signed_in")


def test_other_pages_are_known_by_the_way_out():
    found = calibrate([page(IN)] * 2, [page(OUT)] * 2)
    assert found.is_member_page(page("<h1>Another</h1><a href='../logout?next=/'>Sign out</a>"))
    assert found.is_member_page(page("<form action=/logout method=post>"))
    assert not found.is_member_page(page("<style>a.logout {}</style><p>logout</p>"))


def test_a_site_without_a_way_out_leaves_other_pages_unknown():
    found = calibrate([page(IN)] * 2, [page("<p id=welcome>")] * 2)
    assert not found.is_member_page(page("<p id=welcome>"))


@pytest.mark.parametrize(
    ("stranger", "member"),
    [
        (page("<a href=/cart?csrf=1>cart</a>"), page("<a href=/cart?csrf=2>cart</a>")),
        (page("<div id=variant-a>"), page("<div id=variant-b>")),
        (page(""), page("<div id=banner><a href=/help>Trouble?</a>")),
        (page("busy", status=429), page("<a href=/logout>")),
        (page("down", status=503), page("<a href=/logout>")),
    ],
)
def test_what_differs_by_chance_or_trouble_proves_nobody(stranger, member):
    assert calibrate([stranger] * 2, [member] * 2) is None


def test_features_are_ids_names_links_and_forms():
    assert features(page("<a id=x href=b>t</a>")) >= {
        "status 200",
        "a id=x",
        "a https://shop.example/books/b",
    }
