"""Recorded pages: a page of a site and the items that a spider took from it, kept as a test.

A folder holds ``page.html`` (or ``.json``, ``.xml``, ...), in which made-up values stand in for secrets, and
``expected.json``. Cookies and headers are not kept.
"""

from scraper.recorded.page import EXPECTED, Recorded
from scraper.recorded.stand_ins import StandIns

__all__ = ["EXPECTED", "Recorded", "StandIns"]
