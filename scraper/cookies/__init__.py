"""Cookies as a browser keeps and sends them: RFC 6265bis, where the browsers agree with it."""

from scraper.cookies.jar import CookieJar
from scraper.cookies.parse import deleted_by

__all__ = ["CookieJar", "deleted_by"]
