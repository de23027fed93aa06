"""What a person sees after a crawl: a short summary, and a page on how it went."""

from scraper.report.page import report
from scraper.report.summary import summary

__all__ = ["report", "summary"]
