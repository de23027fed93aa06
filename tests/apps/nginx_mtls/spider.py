"""Everything behind an nginx that wants a certificate of who asks, and has one of a private authority."""

import os

from scraper import ClientCertLogin, Item, Spider, css, env

SITE = os.environ.get("APP_URL", "https://127.0.0.1:8300")
PKI = os.environ.get("APP_CERTIFICATES", "pki")


class Box(Item, rows="li.item"):
    text: str = css(":scope")


class NginxMtls(Spider):
    start_urls = f"{SITE}/list1.html"
    verify = f"{PKI}/ca.crt"
    login = ClientCertLogin(
        f"{PKI}/banker.crt", f"{PKI}/banker.enc.key", password=env("APP_PASSWORD", "Key phrase, 7")
    )
    item = Box
    follow = "a[rel=next]"
