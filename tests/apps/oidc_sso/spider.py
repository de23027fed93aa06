"""Every folio of a site that leaves signing in to an identity provider on another origin."""

import os
from urllib.parse import urlsplit

from scraper import FormLogin, Item, Spider, css, env, fill

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8180")
PROVIDER = os.environ.get("APP_IDP") or f"http://localhost:{urlsplit(SITE).port + 1}"


class Folio(Item, rows="li.folio"):
    text: str = css(":scope")


class OidcSso(Spider):
    start_urls = f"{SITE}/folios"
    login = FormLogin(
        "/login",
        fill(username=env("APP_USER", "marie"), password=env("APP_PASSWORD", "Radium-1898")),
        origins=(PROVIDER,),
    )
    item = Folio
    follow = "a[rel=next]"
