"""Every specimen of a collection in Directus, whose refresh tokens are good once."""

import os

from scraper import JsonLogin, Spider, env

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8290")


class Directus(Spider):
    start_urls = tuple(f"{SITE}/items/specimens?limit=25&page={page}&sort=id" for page in range(1, 6))
    login = JsonLogin(
        "/auth/login",
        json={
            "email": env("APP_USER", "botanist@example.com"),
            "password": env("APP_PASSWORD", "Leaf & stem 3"),
        },
        token="data.access_token",
        refresh="/auth/refresh",
    )

    obey_robots = False  # its robots.txt closes an API of one's own to all

    def parse(self, response):
        yield from response.json()["data"]
