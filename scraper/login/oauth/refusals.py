"""What the errors of an authorization server mean (RFC 6749, 5.2 and 4.1.2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scraper.errors import InteractionRequired, LoginError, LoginRejected, LoginUnavailable
from scraper.login import replies
from scraper.login.base import Login
from scraper.login.complaints import quoted, shown_url
from scraper.response import Response

_CLIENT = "Check client_id and client_secret, and how the secret is sent: client_auth='post', for example."
_REJECTED = {
    "invalid_client": ("does not know this client, or its secret", _CLIENT),
    "invalid_grant": ("did not accept the credentials", "Check them before you sign in again."),
    "access_denied": ("denied the sign-in", "The account, or its owner, did not allow it."),
}
_LATER = ("server_error", "temporarily_unavailable")
_PERSON = ("account_selection_required", "consent_required", "interaction_required", "login_required")
_OTHERS = {
    "invalid_scope": ("does not grant the scope {scope!r}", "Ask for what the client may have: scope='...'."),
    "unsupported_grant_type": ("does not know this grant", "Choose another: grant='...'."),
    "unsupported_response_type": ("gives no codes", "Choose another grant: grant='...'."),
    "unauthorized_client": ("does not allow this client this grant", "Allow it there, or choose another."),
    "invalid_request": ("misses something, or does not know it", "See its documentation: params={...}."),
    "expired_token": ("waited in vain: the code was not entered in time", "Sign in again."),
    "mismatching_state": ("sent back the state of another sign-in", "It was not gone on with."),
    "missing_code": ("sent back no code", "See each step with login --explain."),
}
_OLD_CODE = ("did not accept the code that it gave itself", "Sign in again.")


def refused(
    login: Login,
    answer: Response,
    error: Any,
    secrets: Sequence[str],
    scope: str = "",
    *,
    is_code: bool = False,
) -> LoginError:
    """Return what the answer to a request for tokens means, of which oauthlib made an `error`."""
    code, where = str(error.error), shown_url(answer.url, secrets)
    if code == "missing_token":
        return no_token(login, answer, secrets)
    if code == "invalid_grant" and is_code:
        return _sentence(LoginError, where, _OLD_CODE, error, secrets, scope, answer)
    by_words = replies.refusal(login, answer, secrets, has_code=False)
    if by_words and _is_telling(by_words) and code not in _OTHERS:
        return by_words
    return meant(error, where, secrets, scope, answer)


def meant(
    error: Any, where: str, secrets: Sequence[str] = (), scope: str = "", answer: Response | None = None
) -> LoginError:
    """Return what a code of the standard means; one that is none of it is named."""
    kind, told = _kind_of(str(error.error))
    return _sentence(kind, where, told, error, secrets, scope, answer)


def _kind_of(code: str) -> tuple[type[LoginError], tuple[str, str]]:
    if code in _REJECTED:
        return LoginRejected, _REJECTED[code]
    if code in _LATER:
        return LoginUnavailable, ("cannot sign anyone in now", "Sign in again later.")
    if code in _PERSON:
        told = ("wants a person", "Sign in at a terminal: python -m scraper login SPIDER.")
        return InteractionRequired, told
    return LoginError, _OTHERS.get(code, (f"answered with the error {code!r:.60}", "See its documentation."))


def _sentence(
    kind: type[LoginError],
    where: str,
    told: tuple[str, str],
    error: Any,
    secrets: Sequence[str],
    scope: str,
    answer: Response | None,
) -> LoginError:
    said = quoted(str(error.description or ""), secrets)
    what, advice = told
    return kind(f"{where} {what.replace('{scope!r}', repr(scope))}{said}. {advice}", response=answer)


def _is_telling(error: LoginError) -> bool:
    """Whether the words or the status of an answer say more than that it refuses."""
    return type(error) not in (LoginError, LoginRejected)


def no_token(login: Login, answer: Response, secrets: Sequence[str]) -> LoginError:
    """Return what an answer means that neither grants a token nor is an error as the standard has it."""
    error = replies.refusal(login, answer, secrets, has_code=False)
    if error is not None and (_is_telling(error) or answer.status == 401):
        return error
    kind = answer.content_type or "nothing"
    return LoginError(
        f"{shown_url(answer.url, secrets)} answered {answer.status} with {kind} and without a token. Is that "
        "the token_url?",
        response=answer,
    )
