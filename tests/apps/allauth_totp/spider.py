"""Every note behind an e-mail address, a password and, where the account has it, a one-time code."""

import os

from scraper import FormLogin, Item, Spider, css, env, fill, totp

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8120")
USER, PASSWORD = env("APP_USER", "ada@example.test"), env("APP_PASSWORD", "Two-Steps-4-Ada")
SEED = env("APP_TOTP", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")


class Note(Item, rows="li.note"):
    text: str = css(":scope")


class AllauthTotp(Spider):
    start_urls = f"{SITE}/notes/"
    login = FormLogin("/accounts/login/", fill(username=USER, password=PASSWORD, code=totp(SEED)))
    item = Note
    follow = "a[rel=next]"
