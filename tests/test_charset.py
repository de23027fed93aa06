import pytest

from scraper.charset import encoding_of

from .charset_cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_page_is_read_in_the_encoding_the_case_says(case: Case):
    is_xml = case.type.endswith("xml")
    assert encoding_of(case.body, case.type, is_xml=is_xml) == case.encoding
