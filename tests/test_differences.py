"""Items beside the same items at another time."""

from __future__ import annotations

import pytest

from scraper.differences import ABSENT, contrast, fields_that_differ, in_rows, is_same, shown


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        (None, None, True),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"b": 1}, False),
        ([1], [1, 2], False),
        ("Robin", "***", True),
        ("Hello Robin!", "Hello ***!", True),
        ("Hello!", "Hello ***!", False),
        ("a1b2c", "a***b***c", True),
        ("abab", "ab***abab", False),
        ("a-c-b", "a***b***c", False),
        ("***", "Robin", False),
    ],
)
def test_values_are_the_same_but_for_what_stars_hide(old, new, expected):
    assert is_same(old, new) is expected


def test_stars_without_end_take_no_time():
    assert not is_same("a" * 50_000, "***a" * 5_000 + "***b")


def test_rejected_rows_keep_their_place():
    assert in_rows(["a", "b", "c"], {0, 2, 5}) == [None, "a", None, "b", "c", None]


def test_a_field_of_one_side_alone_differs():
    assert list(fields_that_differ({"a": None}, {"b": 1})) == [("a", None, ABSENT), ("b", ABSENT, 1)]


def test_values_are_shown_in_one_line_that_moves_no_cursor():
    assert shown("a\nb\x1b[2J\u202e") == '"a\\nb\\u001b[2J\\u202e"'


def test_long_values_are_shown_from_where_they_part():
    old, new = contrast("x" * 1000 + "old", "x" * 1000 + "new")
    assert (old, new) == (f'...{"x" * 20}old"', f'...{"x" * 20}new"')


def test_long_values_that_part_behind_what_cannot_be_printed_are_shown_where_they_part():
    one, two = contrast("\u00a0" * 60 + "A" * 100, "\u00a0" * 60 + "B" * 100)
    assert "A" in one
    assert "B" in two
