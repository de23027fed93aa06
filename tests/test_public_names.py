import inspect
from types import ModuleType

import pytest

import scraper
from scraper import errors


def casing(name: str) -> tuple[bool, bool, str]:
    """Where ruff's RUF022 sorts a name: constants, then classes, then the rest."""
    return not name.isupper(), not name[0].isupper(), name


def test_the_public_names_are_sorted_and_each_there_once():
    assert scraper.__all__ == sorted(set(scraper.__all__), key=casing)


def test_every_name_that_the_package_imports_is_public():
    imported = {
        name
        for name, value in vars(scraper).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    # A function and its module may share a name: `from scraper import crawl` is the function.
    assert imported == set(scraper.__all__)


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
