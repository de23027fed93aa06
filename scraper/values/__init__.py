"""Values that are looked up when they are needed, and secrets that do not show.

Any callable without arguments is a source: ``fill(password=lambda: vault.read("shop"))``. It is called
when a form is filled, so importing or listing a spider never needs a secret.

A `Secret` that is written down is kept out of logs at once. What a source gives may as well be the name of
an account: it is kept out of logs once it is revealed, unless it is revealed as no secret.

What a source is made with is imported when it is used: a program that needs none of it starts sooner.
"""

from scraper.values.command import command
from scraper.values.env import env
from scraper.values.keyring import keyring
from scraper.values.netrc import NETRC_FIELDS, netrc
from scraper.values.prompt import prompt
from scraper.values.secret import Secret, Source, Value, reveal, show
from scraper.values.totp import Totp, forget_used, is_one_time, totp

__all__ = [
    "NETRC_FIELDS",
    "Secret",
    "Source",
    "Totp",
    "Value",
    "command",
    "env",
    "forget_used",
    "is_one_time",
    "keyring",
    "netrc",
    "prompt",
    "reveal",
    "show",
    "totp",
]
