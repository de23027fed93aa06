"""`Recipe`: what finds a spider again in another process, or on another machine."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import logging
import pickle
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scraper.errors import ConfigError
from scraper.login.base import Login
from scraper.response import Response
from scraper.spider import Spider

log = logging.getLogger(__name__)


class Elsewhere(Login):
    """The login of a spider as a worker knows it: how members are told, but not how to sign in."""

    account: str | None = None

    def __init__(self, login: Login) -> None:
        super().__init__(
            login.url,
            logged_in=login.logged_in,
            logged_out=login.logged_out,
            verify_url=login.verify_url,
            verify=login.verify,
            origins=login.origins,
        )
        for name in ("has_page", "own_site_only", "in_clear"):
            setattr(self, name, getattr(login, name))
        self.account = login.account

    def sign_in(self, session: Any) -> Response:
        """Never: the loop alone signs in."""
        raise ConfigError("A worker does not sign in; the loop does.")


@dataclass(frozen=True)
class Recipe:
    """Where the class of a spider stands, its source, and the attributes of the instance.

    The source is taken where the module cannot be imported, or is another there. No credential travels: the
    login goes along without what it fills in, and the class is imported, which needs no secret.
    """

    module: str
    name: str
    source: str = field(repr=False)
    attributes: bytes = field(repr=False)

    @classmethod
    def of(cls, spider: Spider) -> Recipe:
        """Return the recipe of a spider. Raises `ConfigError` for a class that stands in no file."""
        kind = type(spider)
        if "<locals>" in kind.__qualname__:
            raise ConfigError(
                f"{kind.__qualname__} stands inside a function, where other processes cannot find it; move "
                "it to the top of its module."
            )
        try:
            source = Path(inspect.getfile(kind)).read_text(encoding="utf-8")
        except (OSError, TypeError) as error:
            raise ConfigError(
                f"{kind.__name__} stands in no file that other processes could read."
            ) from error
        return cls(kind.__module__, kind.__qualname__, source, pickle.dumps(_travelling(spider)))

    def spider(self) -> Spider:
        """Return the spider, made anew."""
        kind: Any = self._module()
        for part in self.name.split("."):
            kind = getattr(kind, part)
        spider = kind.__new__(kind)
        vars(spider).update(pickle.loads(self.attributes))  # noqa: S301 - from our own loop, over our own link
        spider.save_session = False
        return spider  # type: ignore[no-any-return]

    def _module(self) -> types.ModuleType:
        """Import the module, or make it of the source where it cannot be imported or reads otherwise."""
        name = self.module
        try:
            module = sys.modules[name] if name in sys.modules else importlib.import_module(name)
            if name != "__main__" and Path(module.__file__ or "").read_text(encoding="utf-8") == self.source:
                return module
        except (ImportError, OSError):
            log.info("%s is not here; its source has come along.", name)
        digest = hashlib.blake2b(self.source.encode(), digest_size=8).hexdigest()
        return sys.modules.get(f"{name}_{digest}") or self._made(f"{name.strip('_')}_{digest}")

    def _made(self, name: str) -> types.ModuleType:
        module = types.ModuleType(name)
        module.__file__ = f"<{self.module}>"
        sys.modules[name] = module
        exec(compile(self.source, f"<{self.module}>", "exec"), vars(module))  # noqa: S102 - the user's own spider
        return module


def _travelling(spider: Spider) -> dict[str, Any]:
    """Return the attributes of an instance that can travel; what cannot, such as a running server, stays."""
    given = {
        name: value
        for name, value in vars(spider).items()
        if name not in ("session", "by_account", "evidence") and name[0] != "_"
    }
    if spider.login is not None:
        given["login"] = Elsewhere(spider.login)
    if spider.by_account:
        given["accounts"] = tuple(Elsewhere(one.login) for one in spider.by_account.values() if one.login)
    return {name: value for name, value in given.items() if _can_travel(f"{spider.name}.{name}", value)}


def _can_travel(name: str, value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception as error:  # what a class does to be pickled may fail in any way
        log.info("%s does not travel to other processes: %s.", name, type(error).__name__)
        return False
    return True
