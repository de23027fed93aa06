"""`Refresh`: how a token is renewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scraper.login.grants import Where
from scraper.login.payload import Payload, refuse_to_read
from scraper.values import Secret, Source, reveal

_REFRESH, _ACCESS = "{refresh}", "{access}"


@dataclass(frozen=True)
class Refresh:
    """How a token is renewed, for APIs where ``refresh="/auth/refresh"`` does not say it all.

        Refresh("/auth/renew", headers={"Authorization": "Bearer {refresh}"}, token="jwt")

    `json` or `data` is what is sent to `url`; in its texts, and in those of `headers`, ``{refresh}`` and
    ``{access}`` stand for the tokens there are. By default it is the refresh token, under the name it came
    by, unless that is in a header. `token` says where the answer has the new token, and `refresh_token` where
    this answer and that of the sign-in have the one for renewals, both in the ways of
    ``JsonLogin(token=...)``; by default where it was, and beside it.
    """

    url: str
    json: Any = field(default=None, repr=False)
    data: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, Source] = field(default_factory=dict, repr=False)
    method: str = "POST"
    token: str | None = None
    refresh_token: str | None = None

    def __post_init__(self) -> None:
        refuse_to_read(self.method, "Refresh")
        for place in filter(None, (self.token, self.refresh_token)):
            Where(place)
        if self._is_told:
            Payload(self.json, self.data, "Refresh")

    @property
    def _is_told(self) -> bool:
        return self.json is not None or self.data is not None

    def payload(self, tokens: Mapping[str, Any], *, is_json: bool) -> Payload:
        """Return what is sent for new tokens; the tokens are still to be put in, by `with_tokens`."""
        if self._is_told:
            return Payload(self.json, self.data, "Refresh")
        is_in_header = any(isinstance(value, str) and _REFRESH in value for value in self.headers.values())
        own = {tokens["refresh_name"]: _REFRESH} if "refresh" in tokens and not is_in_header else {}
        return Payload(own, None, "Refresh") if is_json else Payload(None, own, "Refresh")

    def headers_with(self, tokens: Mapping[str, Any]) -> dict[str, str]:
        """Return the headers with the tokens in them."""
        return {name: with_tokens(tokens, value) for name, value in self.headers.items()}


def with_tokens(tokens: Mapping[str, Any], value: Any) -> Any:
    """Return a value with the tokens in the places for them; a source is looked up."""
    if not isinstance(value, str):
        return reveal(value) if callable(value) or isinstance(value, Secret) else value
    value = value.replace(_REFRESH, str(tokens.get("refresh", "")))
    return value.replace(_ACCESS, str(tokens.get("access", "")))
