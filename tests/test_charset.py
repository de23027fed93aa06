import pytest

from scraper.charset import encoding_of

from .charset_cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_page_is_read_in_the_encoding_the_case_says(case: Case):
    is_xml = case.type.endswith("xml")
    assert encoding_of(case.body, case.type, is_xml=is_xml) == case.encoding


def test_a_long_text_without_tags_is_guessed_as_a_short_one_is():
    text = ("Это длинный русский текст без единого тега. " * 4200).encode("cp1251")
    assert len(text) > 180_000
    assert encoding_of(text, "text/plain") == encoding_of(text[:40_000], "text/plain") == "cp1251"
