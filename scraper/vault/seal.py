"""Saved sessions that only a key opens: Fernet of the package cryptography, with a key made by scrypt."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scraper.errors import ConfigError
from scraper.vault.envelope import Damaged
from scraper.vault.hashing import octets, slow_hash

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_VARIABLE = "SCRAPER_VAULT_KEY"


def seal(state: Mapping[str, Any], key: str) -> dict[str, str]:
    """Encrypt a session. Raises `ConfigError` where the key is empty or the package for it is missing."""
    salt = secrets.token_bytes(16)
    token = _fernet(key, salt).encrypt(json.dumps(state).encode())
    return {"salt": salt.hex(), "token": token.decode("ascii")}


def unseal(sealed: Any, key: str) -> dict[str, Any] | None:
    """Return the session that was sealed with this key; nothing where it was with another one.

    Raises `Damaged` where it is nothing that was sealed.
    """
    try:
        salt, token = bytes.fromhex(sealed["salt"]), sealed["token"].encode()
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Damaged("is damaged") from None
    fernet = _fernet(key, salt)
    from cryptography.fernet import InvalidToken

    try:
        state: dict[str, Any] = json.loads(fernet.decrypt(token))
    except InvalidToken:
        return None
    return state


def _fernet(key: str, salt: bytes) -> Fernet:
    if not key:
        raise ConfigError(f"The key of saved sessions is empty; give another one, or unset {KEY_VARIABLE}.")
    try:
        from cryptography.fernet import Fernet
    except ImportError as error:
        raise ConfigError(
            "Saved sessions are encrypted with the package cryptography, which is not installed; run "
            f'`pip install "login-aware-scraper[vault]"`, or give no key and unset {KEY_VARIABLE}.'
        ) from error
    return Fernet(urlsafe_b64encode(slow_hash(octets(key), salt)))
