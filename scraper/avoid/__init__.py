"""Which links and forms a crawl leaves out: those that would sign out or destroy."""

from scraper.avoid.judge import is_sign_out, why_avoid

__all__ = ["is_sign_out", "why_avoid"]
