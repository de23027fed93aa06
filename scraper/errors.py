"""Every error raised on purpose.

ScraperError
├── ConfigError               the spider, the command or the environment has to change
│   ├── SecretMissing         a credential has no value
│   ├── SpiderNotFound        no spider of that name, or its file does not load
│   └── SelectorError         a selector that is not CSS or XPath
├── FetchError                one exchange failed; also a requests.RequestException
│   ├── TooLarge              the body is over ``max_body``; never retried
│   ├── TooSlow               the exchange is over ``timeout.total``; never retried
│   ├── TooManyRedirects
│   └── Blocked               the site refuses this client
├── LoginError                never retried
│   ├── LoginRejected         the site does not accept the credentials
│   │   └── CodeRejected      nor the one-time code behind them
│   ├── AccountLocked
│   ├── PasswordExpired
│   ├── LoginUnverified       nothing proves that the sign-in worked
│   ├── LoginFormNotFound
│   ├── LoginUnavailable      the site could not be asked
│   │   └── RateLimited       the site takes no more attempts for now
│   ├── SessionEnded          the session ended and the request is not safe to repeat
│   └── InteractionRequired   a person is needed
│       ├── CodeRequired      for a one-time code
│       ├── CaptchaRequired
│       └── TermsRequired     to accept new terms
├── AccessDenied              this account may not see the page
├── ExtractError              a field has no value, or one that does not convert
└── ExportError               a file could not be written

Each class carries the exit code with which ``python -m scraper`` ends on it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import requests


class ScraperError(Exception):
    """The root of all errors of this package. Its text is a sentence for a person."""

    exit_code: ClassVar[int] = 1


class ConfigError(ScraperError):
    """Something the user wrote has to change before anything can run."""

    exit_code = 2


class SecretMissing(ConfigError):
    """A credential was looked up and has no value."""


class SpiderNotFound(ConfigError):
    """No spider answers to that name, or its file does not load."""


class SelectorError(ConfigError):
    """A selector is neither valid CSS nor valid XPath."""


class FetchError(ScraperError, requests.RequestException):
    """One exchange failed. ``request`` and ``response`` are those of requests, where there are any.

    ``attempts`` counts how often the request was sent.
    """

    attempts: int = 1


class TooLarge(FetchError):
    """The body is larger than ``max_body``."""


class TooSlow(FetchError, requests.Timeout):
    """The whole exchange took longer than ``timeout.total``."""


class TooManyRedirects(FetchError, requests.TooManyRedirects):
    """The site redirected more often than allowed."""


class Blocked(FetchError):
    """The site refuses this client, whoever is signed in."""


class LoginError(ScraperError):
    """A sign-in failed. It is never repeated on its own. ``response`` is the answer that showed it."""

    exit_code = 16

    def __init__(self, message: str, *, response: Any = None) -> None:
        super().__init__(message)
        self.response = response


class LoginRejected(LoginError):
    """The site does not accept the credentials."""


class CodeRejected(LoginRejected):
    """The site does not accept a one-time code; the credentials before it were accepted."""


class AccountLocked(LoginError):
    """The site says that the account is locked."""


class PasswordExpired(LoginError):
    """The site wants a new password before it goes on."""


class LoginUnverified(LoginError):
    """The steps were done, but nothing proves that anyone is signed in."""


class LoginFormNotFound(LoginError):
    """The login page has no form that the credentials fit."""


class LoginUnavailable(LoginError):
    """The site could not be reached, or answered that it cannot sign anyone in now."""


class RateLimited(LoginUnavailable):
    """The site had too many attempts and takes no more of them for a while."""


class SessionEnded(LoginError):
    """The site had ended the session, and the request may not be sent twice without being asked."""


class InteractionRequired(LoginError):
    """A person has to do something: a code, a captcha, new terms."""

    exit_code = 75


class CodeRequired(InteractionRequired):
    """The site asks for a one-time code that nothing here gives."""


class CaptchaRequired(InteractionRequired):
    """The site wants proof that a person signs in."""


class TermsRequired(InteractionRequired):
    """The site has terms that a person has to accept first."""


class AccessDenied(ScraperError):
    """The session is signed in, and this page is still not for it. ``response`` is what came instead."""

    def __init__(self, message: str, *, response: Any = None) -> None:
        super().__init__(message)
        self.response = response


class ExtractError(ScraperError):
    """A field has no value, or one that does not convert. Carries ``field``, ``selector`` and ``url``."""

    def __init__(self, message: str, *, field: str, selector: str, url: str) -> None:
        super().__init__(message)
        self.field, self.selector, self.url = field, selector, url


class ExportError(ScraperError):
    """An export could not be written. The items are still in the job."""
