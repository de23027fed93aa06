"""Ways to sign in, one file each. A login knows how; the session knows when."""

from scraper.login.base import Login
from scraper.login.form import FormLogin, fill

__all__ = ["FormLogin", "Login", "fill"]
