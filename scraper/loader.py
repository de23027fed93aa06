"""Finding spiders: by a name in ``spiders/``, by a file, or as ``module:Class``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from scraper.errors import ScraperError, SpiderNotFound
from scraper.options import suggest
from scraper.spider import Spider

FOLDER = "spiders"


def load(reference: str) -> type[Spider]:
    """Return the spider that `reference` names. Raises `SpiderNotFound`, or what is wrong with its file."""
    if ":" in reference and not reference.endswith(".py"):
        return _from_module(*reference.rsplit(":", 1))
    if reference.endswith(".py"):
        return _only(reference, spiders_in(Path(reference)))
    return _by_name(reference)


def files() -> list[Path]:
    """Return the files of the folder ``spiders`` in the working directory."""
    return sorted(path for path in Path(FOLDER).glob("*.py") if not path.name.startswith("_"))


def spiders_in(path: Path) -> list[type[Spider]]:
    """Return the spiders that a file defines. Raises `SpiderNotFound` where it does not load."""
    if not path.is_file():
        raise SpiderNotFound(f"There is no file {path}.")
    return list(_spiders(_import(path)))


def _by_name(name: str) -> type[Spider]:
    """Look into the file of that name first, then into the others; those that do not load are passed over."""
    named = [path for path in files() if path.stem == name]
    spiders = [spider for path in named for spider in spiders_in(path)]
    spiders += [spider for path in files() if path not in named for spider in _quietly(path)]
    for spider in spiders:
        if spider.name == name:
            return spider
    names = [spider.name for spider in spiders]
    looked = "" if names else f" The folder looked in is {Path(FOLDER).resolve()}."
    raise SpiderNotFound(f"There is no spider named {name!r} in {FOLDER}/{suggest(name, names)}{looked}")


def _quietly(path: Path) -> list[type[Spider]]:
    try:
        return spiders_in(path)
    except ScraperError:
        return []


def _from_module(module: str, name: str) -> type[Spider]:
    _see_working_directory()
    try:
        spider = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise SpiderNotFound(f"There is no module {error.name!r} to load {module}:{name} from.") from error
    except AttributeError as error:
        raise SpiderNotFound(f"The module {module} has no {name!r}.") from error
    if not _is_spider(spider):
        raise SpiderNotFound(f"{module}:{name} is no Spider.")
    return spider  # type: ignore[no-any-return]


def _only(reference: str, spiders: list[type[Spider]]) -> type[Spider]:
    if len(spiders) == 1:
        return spiders[0]
    found = ", ".join(spider.name for spider in spiders) or "none"
    raise SpiderNotFound(f"{reference} should define one spider; it defines {found}.")


def _import(path: Path) -> ModuleType:
    """Import a file as ``<folder>.<name>``, so that spiders may import each other, and files beside them."""
    _see_working_directory()
    name = f"{path.resolve().parent.name}.{path.stem}"
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(path.resolve()):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, ScraperError):
            raise type(error)(f"{path}: {error}") from error
        if isinstance(error, Exception):
            raise SpiderNotFound(f"{path} does not load: {_where(error, path)}.") from error
        raise
    return module


def _where(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} in line {error.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path.resolve())]
    line = f" in line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{line}"


def _see_working_directory() -> None:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def _spiders(module: ModuleType) -> Iterator[type[Spider]]:
    for value in vars(module).values():
        if _is_spider(value) and value.__module__ == module.__name__:
            yield value


def _is_spider(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Spider) and value is not Spider
