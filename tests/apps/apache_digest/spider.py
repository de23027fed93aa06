"""Everything in an archive that Apache closes with Digest; each nonce lives a few seconds."""

import os

from scraper import DigestLogin, Item, Spider, css, env

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8270")


class Deed(Item, rows="li.item"):
    text: str = css(":scope")


class ApacheDigest(Spider):
    start_urls = f"{SITE}/list1.html"
    login = DigestLogin(env("APP_USER", "archivist"), env("APP_PASSWORD", 'Ink, "blue" 7'))
    item = Deed
    follow = "a[rel=next]"
