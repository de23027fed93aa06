"""A members-only bookshop on this machine, to practise scraping on and to test against.

    with PracticeSite(sign_out_after=100) as site:
        requests.get(site.url)

Run it alone with `python -m examples.site`; `--help` names every lever.
"""

from .counts import Counts
from .members import CRITIC, MEMBERS, READER, TOTP_SECRET, Member
from .site import PracticeSite

__all__ = ["CRITIC", "MEMBERS", "READER", "TOTP_SECRET", "Counts", "Member", "PracticeSite"]
