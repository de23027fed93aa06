"""`Wishes`: what the command line of ``new`` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """What is wished of a new spider; ``None``: nothing."""

    url: str | None = None
    name: str | None = None
    login_url: str | None = None
    has_login: bool = True
    user_env: str | None = None
    password_env: str | None = None
    start: str | None = None
    rows: str | None = None
    env_file: bool | None = None
    is_forced: bool = False
