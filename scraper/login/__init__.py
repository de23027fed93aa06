"""Ways to sign in, one file each. A login knows how; the session knows when."""

from scraper.login.base import Login
from scraper.login.browser import BrowserLogin
from scraper.login.certificate import ClientCertLogin
from scraper.login.cookies import CookieLogin
from scraper.login.filling import Fill, fill
from scraper.login.form import FormLogin
from scraper.login.http import BasicLogin, DigestLogin, NtlmLogin
from scraper.login.json import JsonLogin
from scraper.login.oauth import OAuth2Login
from scraper.login.refresh import Refresh
from scraper.login.steps import Steps
from scraper.login.token import TokenLogin

__all__ = [
    "BasicLogin",
    "BrowserLogin",
    "ClientCertLogin",
    "CookieLogin",
    "DigestLogin",
    "Fill",
    "FormLogin",
    "JsonLogin",
    "Login",
    "NtlmLogin",
    "OAuth2Login",
    "Refresh",
    "Steps",
    "TokenLogin",
    "fill",
]
