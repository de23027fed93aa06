"""Saved sessions and the ledger of sign-ins, in the user's state folder."""

from scraper.vault.identity import Identity
from scraper.vault.ledger import Attempt
from scraper.vault.vault import Vault

__all__ = ["Attempt", "Identity", "Vault"]
