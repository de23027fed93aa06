"""Everything on a list whose every page answers strangers with a form to sign in on the spot."""

import os

from scraper import FormLogin, Item, Spider, css, env, fill

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8280")


class Entry(Item, rows="li.item"):
    text: str = css(":scope")


class ApacheForm(Spider):
    start_urls = f"{SITE}/list1.html"
    login = FormLogin(
        "/list1.html",
        fill(username=env("APP_USER", "barkeep"), password=env("APP_PASSWORD", "Top+shelf 90%")),
    )
    item = Entry
    follow = "a[rel=next]"
