"""Every valve on the flows of a Node-RED, whose API hands out tokens that only a new sign-in replaces."""

import os

from scraper import JsonLogin, Spider, env

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8250")
USER, PASSWORD = env("APP_USER", "engineer"), env("APP_PASSWORD", "Flow+Chart=7")
FIELDS = {"client_id": "node-red-admin", "grant_type": "password", "scope": "*"}


class NodeRed(Spider):
    start_urls = f"{SITE}/flows"
    login = JsonLogin(
        "/auth/token", data={**FIELDS, "username": USER, "password": PASSWORD}, token="access_token"
    )

    def parse(self, response):
        for tab in [node["id"] for node in response.json() if node["type"] == "tab"]:
            yield response.follow(f"/flow/{tab}", callback=self.parse_flow)

    def parse_flow(self, response):
        yield from ({"name": node["name"]} for node in response.json()["nodes"])
