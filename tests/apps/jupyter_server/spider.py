"""Every entry of a logbook on a Jupyter Server: the list is JSON, and the files want a Referer."""

import os

from scraper import FormLogin, Request, Spider, env, fill

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8240")


class JupyterServer(Spider):
    start_urls = f"{SITE}/api/contents/logbook"
    obey_robots = False  # the server's robots.txt forbids everything, to its own user too
    login = FormLogin("/login", fill(password=env("APP_PASSWORD", "lab: coat #9")))

    def parse(self, response):
        for entry in response.json()["content"]:
            url = f"{SITE}/files/{entry['path']}"
            yield Request(
                url, headers={"Referer": SITE}, callback=self.parse_entry, meta={"name": entry["name"]}
            )

    def parse_entry(self, response):
        yield {"name": response.request.meta["name"], "text": response.text.strip()}
