from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from scraper import ConfigError, SelectorError, SpiderNotFound
from scraper.loader import files, load, spiders_in
from scraper.options import read_attributes, read_options
from scraper.retry import Retry
from scraper.session import Timeout
from scraper.spider import Spider

SHOP = """
    from scraper import Spider

    class Shop(Spider):
        start_urls = ("http://shop.test/",)
        category = "all"
        year = 2024
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with a folder for spiders, and a clean slate of modules."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    (tmp_path / "spiders").mkdir()
    yield tmp_path / "spiders"
    for name in set(sys.modules) - known:
        del sys.modules[name]


def write(path: Path, text: str) -> Path:
    path.write_text(textwrap.dedent(text))
    return path


def test_a_spider_is_found_by_its_name_in_a_file_of_that_name(folder):
    write(folder / "shop.py", SHOP)
    assert load("shop").name == "shop"


def test_a_spider_is_found_by_its_name_in_any_file(folder):
    write(folder / "many.py", SHOP + "    class OtherOne(Shop):\n        pass\n")
    assert load("other_one").name == "other_one"


def test_a_broken_file_does_not_hide_the_others(folder):
    write(folder / "a_broken.py", "def (")
    write(folder / "shop_file.py", SHOP)
    assert load("shop").name == "shop"


def test_a_file_is_loaded_by_its_path(folder):
    path = write(folder.parent / "alone.py", SHOP)
    assert load(str(path)).name == "shop"


def test_a_class_is_loaded_from_a_module(folder):
    write(folder.parent / "my_spiders.py", SHOP)
    assert load("my_spiders:Shop").name == "shop"


def test_spiders_may_import_what_lies_beside_them(folder):
    write(folder.parent / "shared_parts.py", "START = 'http://shop.test/'")
    write(folder / "shop.py", "from shared_parts import START\n" + textwrap.dedent(SHOP))
    assert load("shop").name == "shop"


def test_imported_spiders_are_not_taken_for_the_files_own(folder):
    write(folder / "shop.py", SHOP)
    path = write(folder / "other.py", "from scraper import Spider\nclass Other(Spider):\n    pass\n")
    assert [spider.name for spider in spiders_in(path)] == ["other"]


def test_files_that_begin_with_an_underscore_are_passed_over(folder):
    write(folder / "_parts.py", "")
    write(folder / "shop.py", SHOP)
    assert [path.name for path in files()] == ["shop.py"]


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("shpo", "no spider named 'shpo' in spiders/; did you mean 'shop'?"),
        ("nothing_like_it", "; there is shop."),
        ("spiders/none.py", "There is no file spiders/none.py."),
        ("two.py", "two.py should define one spider; it defines a, b."),
        ("no_such_module:Shop", "There is no module 'no_such_module'"),
        ("two:Nope", "The module two has no 'Nope'."),
        ("two:Spider", "two:Spider is no Spider."),
    ],
)
def test_what_is_not_found_is_said_in_a_sentence(folder, reference, sentence):
    write(folder / "shop.py", SHOP)
    write(
        folder.parent / "two.py", "from scraper import Spider\nclass A(Spider): ...\nclass B(Spider): ...\n"
    )
    with pytest.raises(SpiderNotFound) as caught:
        load(reference)
    assert sentence in str(caught.value)


def test_without_any_spider_it_says_so(folder):
    with pytest.raises(SpiderNotFound, match="there is none"):
        load("shop")


def test_a_syntax_error_names_the_file_and_the_line(folder):
    write(folder / "shop.py", "x = 1\nclass Shop(:\n")
    with pytest.raises(SpiderNotFound, match=r"spiders/shop\.py does not load: .* in line 2\."):
        load("shop")


def test_an_error_at_import_names_the_file_and_the_line(folder):
    write(folder / "shop.py", "x = 1\ny = 1 / 0\n")
    with pytest.raises(
        SpiderNotFound, match=r"spiders/shop\.py does not load: ZeroDivisionError: .* in line 2\."
    ):
        load("shop")


def test_a_selector_that_does_not_compile_names_the_file(folder):
    write(folder / "shop.py", SHOP + "        follow = 'a[['\n")
    with pytest.raises(SelectorError, match=r"spiders/shop\.py: 'a\[\[' is not a CSS selector"):
        load("shop")


def test_options_are_read_by_their_types():
    options = read_options(
        ["concurrency=8", "delay=0.5", "max_pages=none", "verify=no", "order=depth", "retry=2", "timeout=5"]
    )
    assert options == {
        "concurrency": 8,
        "delay": 0.5,
        "max_pages": None,
        "verify": False,
        "order": "depth",
        "retry": 2,
        "timeout": 5.0,
    }
    spider = type("Any", (Spider,), {"start_urls": ("http://shop.test/",)})(**options)
    assert (spider.session.retry, spider.session.timeout) == (Retry(2), Timeout(5, 5))


def test_options_may_be_lists_and_mappings():
    assert read_options(['allowed_domains=["a.test", "b.test"]', 'headers={"A": "b"}']) == {
        "allowed_domains": ["a.test", "b.test"],
        "headers": {"A": "b"},
    }


def test_attributes_get_the_type_of_their_default(folder):
    write(folder / "shop.py", SHOP)
    assert read_attributes(load("shop"), ["category=travel", "year=2020", "start_urls=http://a.test/"]) == {
        "category": "travel",
        "year": 2020,
        "start_urls": "http://a.test/",
    }


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("concurency=1", "There is no option named 'concurency'; did you mean 'concurrency'?"),
        ("starting=x", "There is no option named 'starting'; "),
        ("concurrency", "'concurrency' has no value; write concurrency=VALUE."),
        ("concurrency=many", "concurrency=many does not fit: input should be a valid integer"),
        ("order=sideways", "order=sideways does not fit: input should be 'breadth' or 'depth'."),
    ],
)
def test_an_unfit_option_is_said_in_a_sentence(pair, sentence):
    with pytest.raises(ConfigError) as caught:
        read_options([pair])
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["name", "parse", "session", "_domains", "nothing"])
def test_only_data_of_a_spider_may_be_set(name):
    with pytest.raises(ConfigError, match="no attribute of spider"):
        read_attributes(type("Spider", (Spider,), {}), [f"{name}=x"])
