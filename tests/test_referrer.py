"""What a request says of the page it comes from (Referrer Policy, strict-origin-when-cross-origin)."""

import pytest

from scraper.referrer import referrer

PAGE = "https://shop.example/login?ticket=abc#top"


@pytest.mark.parametrize(
    ("page", "target", "expected"),
    [
        (PAGE, "https://shop.example/home", "https://shop.example/login?ticket=abc"),
        (PAGE, "https://shop.example:443/home", "https://shop.example/login?ticket=abc"),
        (PAGE, "https://shop.example:8443/", "https://shop.example/"),
        (PAGE, "https://ads.example/", "https://shop.example/"),
        (PAGE, "http://shop.example/", None),
        ("http://shop.example/a", "https://ads.example/", "http://shop.example/"),
        ("https://ada:pw@shop.example/a@b", "https://shop.example/", "https://shop.example/a@b"),
        ("https://ada:pw@shop.example/a", "https://ads.example/", "https://shop.example/"),
        ("about:blank", "https://shop.example/", None),
    ],
)
def test_all_of_an_address_goes_to_its_own_origin_only(page, target, expected):
    assert referrer(page, target).get("Referer") == expected
