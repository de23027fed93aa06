"""Scraping for sites you have to sign in to: declare a spider, and it signs in, stays in, and exports."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.auth import Credentials
    from scraper.crawl import crawl
    from scraper.errors import (
        AccessDenied,
        AccountLocked,
        Blocked,
        CaptchaRequired,
        CodeRejected,
        CodeRequired,
        ConfigError,
        ExportError,
        ExtractError,
        FetchError,
        InteractionRequired,
        LoginError,
        LoginFormNotFound,
        LoginRejected,
        LoginUnavailable,
        LoginUnverified,
        PasswordExpired,
        RateLimited,
        ScraperError,
        SecretMissing,
        SelectorError,
        SessionEnded,
        SpiderNotFound,
        TermsRequired,
        TooLarge,
        TooManyRedirects,
        TooSlow,
    )
    from scraper.indicators import status, text, url
    from scraper.item import (
        File,
        Item,
        Money,
        css,
        dates,
        file,
        json_ld,
        json_path,
        meta,
        money,
        number,
        xpath,
    )
    from scraper.job import Job
    from scraper.login.base import Login
    from scraper.login.browser import BrowserLogin
    from scraper.login.certificate import ClientCertLogin
    from scraper.login.cookies import CookieLogin
    from scraper.login.filling import fill
    from scraper.login.form import FormLogin
    from scraper.login.http import BasicLogin, DigestLogin, NtlmLogin
    from scraper.login.json import JsonLogin
    from scraper.login.oauth import OAuth2Login
    from scraper.login.refresh import Refresh
    from scraper.login.token import TokenLogin
    from scraper.request import Request
    from scraper.response import Response
    from scraper.retry import Retry
    from scraper.session import Session, Timeout
    from scraper.spider import Spider
    from scraper.values import Secret, command, env, keyring, netrc, prompt, totp
    from scraper.vault import Vault

__version__ = "0.1.0"

__all__ = [
    "AccessDenied",
    "AccountLocked",
    "BasicLogin",
    "Blocked",
    "BrowserLogin",
    "CaptchaRequired",
    "ClientCertLogin",
    "CodeRejected",
    "CodeRequired",
    "ConfigError",
    "CookieLogin",
    "Credentials",
    "DigestLogin",
    "ExportError",
    "ExtractError",
    "FetchError",
    "File",
    "FormLogin",
    "InteractionRequired",
    "Item",
    "Job",
    "JsonLogin",
    "Login",
    "LoginError",
    "LoginFormNotFound",
    "LoginRejected",
    "LoginUnavailable",
    "LoginUnverified",
    "Money",
    "NtlmLogin",
    "OAuth2Login",
    "PasswordExpired",
    "RateLimited",
    "Refresh",
    "Request",
    "Response",
    "Retry",
    "ScraperError",
    "Secret",
    "SecretMissing",
    "SelectorError",
    "Session",
    "SessionEnded",
    "Spider",
    "SpiderNotFound",
    "TermsRequired",
    "Timeout",
    "TokenLogin",
    "TooLarge",
    "TooManyRedirects",
    "TooSlow",
    "Vault",
    "command",
    "crawl",
    "css",
    "dates",
    "env",
    "file",
    "fill",
    "json_ld",
    "json_path",
    "keyring",
    "meta",
    "money",
    "netrc",
    "number",
    "prompt",
    "status",
    "text",
    "totp",
    "url",
    "xpath",
]

_HOMES = {
    "scraper.auth": ("Credentials",),
    "scraper.crawl": ("crawl",),
    "scraper.errors": (
        "AccessDenied",
        "AccountLocked",
        "Blocked",
        "CaptchaRequired",
        "CodeRejected",
        "CodeRequired",
        "ConfigError",
        "ExportError",
        "ExtractError",
        "FetchError",
        "InteractionRequired",
        "LoginError",
        "LoginFormNotFound",
        "LoginRejected",
        "LoginUnavailable",
        "LoginUnverified",
        "PasswordExpired",
        "RateLimited",
        "ScraperError",
        "SecretMissing",
        "SelectorError",
        "SessionEnded",
        "SpiderNotFound",
        "TermsRequired",
        "TooLarge",
        "TooManyRedirects",
        "TooSlow",
    ),
    "scraper.indicators": ("status", "text", "url"),
    "scraper.item": (
        "File",
        "Item",
        "Money",
        "css",
        "dates",
        "file",
        "json_ld",
        "json_path",
        "meta",
        "money",
        "number",
        "xpath",
    ),
    "scraper.job": ("Job",),
    "scraper.login.base": ("Login",),
    "scraper.login.browser": ("BrowserLogin",),
    "scraper.login.certificate": ("ClientCertLogin",),
    "scraper.login.cookies": ("CookieLogin",),
    "scraper.login.filling": ("fill",),
    "scraper.login.form": ("FormLogin",),
    "scraper.login.http": ("BasicLogin", "DigestLogin", "NtlmLogin"),
    "scraper.login.json": ("JsonLogin",),
    "scraper.login.oauth": ("OAuth2Login",),
    "scraper.login.refresh": ("Refresh",),
    "scraper.login.token": ("TokenLogin",),
    "scraper.request": ("Request",),
    "scraper.response": ("Response",),
    "scraper.retry": ("Retry",),
    "scraper.session": ("Session", "Timeout"),
    "scraper.spider": ("Spider",),
    "scraper.values": ("Secret", "command", "env", "keyring", "netrc", "prompt", "totp"),
    "scraper.vault": ("Vault",),
}
"""The modules that the public names come from; each is loaded when a name of it is first used."""


def __getattr__(name: str) -> object:
    """Load the module that a public name comes from, so that ``--help`` need not wait for all of them."""
    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]


class _Package(ModuleType):
    """This package, in which a public name stays what it is when a module of that name is loaded: `crawl`."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
