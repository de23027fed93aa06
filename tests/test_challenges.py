"""What a server asks for, read as RFC 9110 has it, and as servers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.login.challenges import challenges, parameters_in


def read(header: str) -> list[tuple[str, dict[str, str], str]]:
    return [(one.scheme, dict(one.parameters), one.token) for one in challenges(header)]


def test_commas_and_quotes_in_a_value_belong_to_it():
    header = 'Digest realm="Sealed, \\"level\\" 2", nonce="a,b==", stale=true, qop="auth,auth-int"'
    [(scheme, parameters, _)] = read(header)
    assert scheme == "digest"
    assert parameters == {
        "realm": 'Sealed, "level" 2', "nonce": "a,b==", "stale": "true", "qop": "auth,auth-int",
    }  # fmt: skip


def test_several_challenges_may_stand_in_one_line():
    header = 'Negotiate, NTLM TlRMTVNTUAAC==, Basic realm="a, Digest b" , Digest realm=c,nonce=d'
    assert read(header) == [
        ("negotiate", {}, ""),
        ("ntlm", {}, "TlRMTVNTUAAC=="),
        ("basic", {"realm": "a, Digest b"}, ""),
        ("digest", {"realm": "c", "nonce": "d"}, ""),
    ]


@pytest.mark.parametrize(
    ("header", "schemes"),
    [
        ("", []),
        (" , ,", []),
        ("Basic", ["basic"]),
        ('=?, Basic realm="x"', ["basic"]),
        ('"quoted", Digest nonce="open', ["digest"]),
        ("Basic realm=", ["basic"]),
    ],
)
def test_nonsense_is_passed_over(header, schemes):
    assert [one.scheme for one in challenges(header)] == schemes


def test_the_first_of_a_name_counts_and_its_case_does_not():
    assert read('Basic Realm="one", realm="two"') == [("basic", {"realm": "one"}, "")]


def test_a_realm_in_utf_8_reads_as_such():
    raw = 'Basic realm="Zür­ich"'.encode().decode("latin-1")
    assert challenges(raw)[0].realm == "Zür­ich"


def test_parameters_alone():
    assert parameters_in('qop=auth, nextnonce="a,b"') == {"qop": "auth", "nextnonce": "a,b"}


@given(st.text(alphabet='abc ,="\\=/:\t\x00é', max_size=60))
def test_no_text_breaks_it(header):
    for one in challenges(header):
        assert one.scheme
