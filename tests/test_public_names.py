import ast
import inspect
import subprocess
import sys

import pytest

import scraper
from scraper import errors


def casing(name: str) -> tuple[bool, bool, str]:
    """Where ruff's RUF022 sorts a name: constants, then classes, then the rest."""
    return not name.isupper(), not name[0].isupper(), name


def test_the_public_names_are_sorted_and_each_there_once():
    assert scraper.__all__ == sorted(set(scraper.__all__), key=casing)


def test_every_public_name_has_one_module_that_it_comes_from():
    homes = [name for names in scraper._HOMES.values() for name in names]
    assert sorted(homes, key=casing) == scraper.__all__


def test_type_checkers_see_the_same_modules():
    [checked] = [node for node in ast.parse(inspect.getsource(scraper)).body if isinstance(node, ast.If)]
    seen = {node.module: {alias.name for alias in node.names} for node in checked.body}
    assert seen == {home: set(names) for home, names in scraper._HOMES.items()}


@pytest.mark.parametrize(
    "code",
    [
        "import scraper.crawl; from scraper import crawl",
        "from scraper.crawl import visit; from scraper import crawl",
        "from scraper import crawl; from scraper.crawl import visit",
        "from scraper import *",
    ],
)
def test_a_function_and_its_module_may_share_a_name(code):
    """`from scraper import crawl` is the function, whatever was imported before."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(crawl.__name__)"], capture_output=True, text=True
    )
    assert done.stdout == "crawl\n", done.stderr


def test_a_name_that_is_none_is_an_error_and_the_public_ones_are_listed():
    with pytest.raises(AttributeError, match="module 'scraper' has no attribute 'Spidr'"):
        _ = scraper.Spidr
    assert set(scraper.__all__) <= set(dir(scraper))


def test_every_error_is_public():
    ours = {
        name
        for name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.ScraperError)
    }
    assert ours <= set(scraper.__all__)


@pytest.mark.parametrize("name", scraper.__all__)
def test_a_public_name_is_there_and_says_what_it_is_for(name):
    value = getattr(scraper, name)
    assert vars(value)["__doc__"] if inspect.isclass(value) else value.__doc__


@pytest.mark.parametrize(
    "name", [name for name in scraper.__all__ if inspect.isclass(getattr(scraper, name))]
)
def test_every_public_method_says_what_it_is_for(name):
    cls = getattr(scraper, name)
    own = {
        key: value
        for key, value in vars(cls).items()
        if not key.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))
    }
    assert [key for key, value in own.items() if not inspect.getdoc(value)] == []
