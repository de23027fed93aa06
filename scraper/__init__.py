"""Scraping for sites you have to sign in to: declare a spider, and it signs in, stays in, and exports."""

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
from scraper.item import Item, Money, css, dates, json_ld, json_path, meta, money, number, xpath
from scraper.job import Job
from scraper.login import CookieLogin, FormLogin, JsonLogin, Login, Refresh, TokenLogin, fill
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
    "Blocked",
    "CaptchaRequired",
    "CodeRejected",
    "CodeRequired",
    "ConfigError",
    "CookieLogin",
    "Credentials",
    "ExportError",
    "ExtractError",
    "FetchError",
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
