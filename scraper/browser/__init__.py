"""A Chromium in a thread of its own: what pages look like once their scripts have run."""

from scraper.browser.browser import Browser
from scraper.browser.guard import Guard, Outgoing
from scraper.browser.setup import Setup, has_display
from scraper.browser.tab import MARK, Tab

__all__ = ["MARK", "Browser", "Guard", "Outgoing", "Setup", "Tab", "has_display"]
