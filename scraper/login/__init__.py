"""Ways to sign in, one file each. A login knows how; the session knows when."""

from scraper.login.base import Login
from scraper.login.filling import fill
from scraper.login.form import FormLogin

__all__ = ["FormLogin", "Login", "fill"]
