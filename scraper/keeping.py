"""`Keeping`: what a session keeps of itself and of how sign-ins went, for later runs and other processes."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Unpack

from scraper.client import Options
from scraper.errors import AccountLocked, ConfigError, LoginError, LoginRejected
from scraper.forms import Form, is_password
from scraper.login.base import Login
from scraper.proof import Proof
from scraper.request import origin
from scraper.values import Totp
from scraper.vault import Attempt, Identity, Vault

log = logging.getLogger("scraper.login")

AN_HOUR = 3600.0
MOST_SUBMITS = 2
"""So many sign-ins within an hour may come to nothing; many sites lock an account after the third."""

MOST_UNVERIFIED = 4
"""So many where nothing refuses and nothing proves them: that may be for want of an indicator."""

ACCEPTED = ("CodeRequired", "TermsRequired")
"""Outcomes for which the site has taken the password."""

UNVERIFIED = "LoginUnverified"
EVERY_SPIDER = "accounts"
SUBMITTING, PARDONED = "submitting", "pardoned"


class Keeping(Proof):
    """With a `vault`, a proven session is kept, and what sites say of credentials is remembered."""

    def __init__(
        self,
        login: Login | None,
        *,
        base_url: str | None = None,
        vault: Vault | None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(login, base_url=base_url, **options)
        self.vault, self.name, self.is_fresh = vault, "session", False
        self._saved_at = 0.0
        self._credential: str | None = None
        self._failure: LoginError | None = None
        self._forms: list[dict[str, Any]] = []

    vault: Vault | None
    """Where sessions and outcomes of sign-ins are kept; ``None``: nowhere."""
    name: str
    """Under which name they are kept there."""
    is_fresh: bool
    """Whether to sign in anew, whatever session is kept; what is kept stays until that has worked."""

    # What a login tells

    def submitting(self, credential: str) -> None:
        """Be told by a login, right before it submits a secret, what tells this credential from another.

        Raises what the site said where it has rejected that very credential, or has locked the account. One
        sign-in counts once, on however many pages it submits secrets.
        """
        is_first, self._credential = self._credential is None, credential
        if self.vault is not None:
            self._refuse_known(self.vault, credential, is_first=is_first)
            if is_first:
                self.vault.record(self._ledger, credential, SUBMITTING)
        self._has_submitted = True

    def _refuse_known(self, vault: Vault, credential: str, *, is_first: bool) -> None:
        """Refuse what the ledger speaks against.

        Many sites lock accounts after a few submits of which nothing came; so the first of a sign-in is
        refused for that too, for an hour.
        """
        if before := vault.objection(self._ledger, credential):
            raise self._refused(before)
        if not is_first:
            return
        attempts, since = vault.attempts(self._ledger), time.time() - AN_HOUR
        settled = [n for n, attempt in enumerate(attempts) if attempt.outcome in ("signed_in", PARDONED)]
        recent = [attempt for attempt in attempts[settled[-1] + 1 if settled else 0 :] if attempt.at > since]
        came_of = Counter(attempt.outcome for attempt in recent)
        in_vain = came_of[SUBMITTING] - sum(came_of[outcome] for outcome in ACCEPTED)
        if in_vain < MOST_SUBMITS or in_vain == came_of[UNVERIFIED] < MOST_UNVERIFIED:
            return
        said = next((attempt.message for attempt in reversed(recent) if attempt.message), "nothing")
        raise LoginError(
            f"Nothing was sent: {in_vain} sign-ins within the hour have come to nothing, and sites lock "
            f"accounts after a few. Wait, or `python -m scraper login {self.name} --forget`. The last: {said}"
        )

    def _refused(self, before: Attempt) -> LoginError:
        when = _day(before.at)
        forget = f"`python -m scraper login {self.name} --forget` lets them be tried again."
        if before.outcome == "locked":
            return AccountLocked(
                f"Nothing was sent: the account was locked on {when}. {before.message} {forget}"
            )
        return LoginRejected(
            f"Nothing was sent: the site rejected these very credentials on {when}. Change them, or {forget} "
            f"It said: {before.message}"
        )

    def prepare_code(self, source: Totp) -> None:
        """Let a source of one-time codes know which of them this account has given before, in any process."""
        if self.vault is not None:
            source.skip(self.vault.last_code(self._ledger))

    def gave_code(self, source: Totp) -> None:
        """Write down that a source has given a one-time code."""
        if self.vault is not None:
            self.vault.note_code(self._ledger, source.used)

    # What is kept

    @property
    def identity(self) -> Identity:
        """Whose session this is, in the vault."""
        assert self.login is not None
        return Identity(self.name, origin(self.absolute(self.login.url)), self.login.account or "")

    @property
    def _ledger(self) -> Identity:
        """Whose outcomes these are: of one account at one site, whatever spider signs in."""
        assert self.login is not None
        site = origin(self.absolute(self.login.provider or self.login.url))
        return Identity(EVERY_SPIDER, site, self.identity.account.strip().casefold())

    @property
    def _is_known(self) -> bool:
        """Whether the session can be kept, and as whose, so that nobody goes on with another's."""
        login = self.login
        return login is not None and login.is_kept and (login.account is not None or not login.has_account)

    def forget(self, *, outcomes: bool) -> bool:
        """Forget the kept session, and the `outcomes` of sign-ins; return whether there was any."""
        if self.vault is None or self.login is None:
            return False
        had = self.vault.forget(self.identity)
        if outcomes:
            had = self.vault.pardon(self._ledger) or had
            self.vault.record(self._ledger, "", PARDONED)
        return had

    def _alone(self) -> AbstractContextManager[Any]:
        return nullcontext() if self.vault is None else self.vault.lock(self._ledger)

    def _record(self, outcome: str, message: str = "") -> None:
        if self.vault is not None and self._credential is not None:
            with _warned_of("The outcome of the sign-in is not remembered"):
                self.vault.record(self._ledger, self._credential, outcome, message)

    def _restore_kept(self, login: Login) -> bool:
        """Go on with the session in the vault, if it is newer than this one and the site says it is alive."""
        can_be = self.vault is not None and login.verify and self._is_known and not self.is_fresh
        state = self.vault.load(self.identity) if self.vault is not None and can_be else None
        if state is None or state.get("saved_at", 0.0) <= self._saved_at:
            return False
        if not login.is_current(self, state.get("tokens", {})):  # type: ignore[arg-type]
            log.info("The session kept on %s is of another sign-in.", _day(state["saved_at"]))
            return False
        self._saved_at = state["saved_at"]
        self.take_over(state)
        if self.is_signed_in():
            return True
        log.info("The session kept on %s has ended.", _day(self._saved_at))
        return False

    def _keep(self, **changes: Any) -> None:
        """Put the session, as it is now but for `changes`, into the vault."""
        if self.vault is None or self.login is None or not (self.login.verify and self._is_known):
            return
        forms = self._forms or (self.vault.load(self.identity) or {}).get("forms", [])
        self._saved_at = time.time()
        with _warned_of("The session is not kept"):
            state = {**self.state(), **changes, "saved_at": self._saved_at, "forms": forms}
            self.vault.save(self.identity, state)

    def keep(self) -> None:
        """Keep the session as its cookies are by now, if it is signed in and there is a vault."""
        if self.epoch and self._failure is None:
            self._keep()

    def remember_form(self, form: Form) -> None:
        """Be told which form is being submitted, so that a later change of it can be seen."""
        self._forms.append({"action": form.action(None).partition("?")[0], "fields": form.names})
        self._password_fields |= {c.get("name", "") for c in form.typed_into() if is_password(c)}

    def _log_changed_forms(self) -> None:
        """Say how the forms differ from those that worked last time."""
        kept = self.vault.load(self.identity) if self.vault is not None and self._forms else None
        for before, now in zip((kept or {}).get("forms", []), self._forms, strict=False):
            gone, new = (
                set(one["fields"]) - set(two["fields"]) for one, two in ((before, now), (now, before))
            )
            if gone or new or before["action"] != now["action"]:
                log.warning(
                    "The form has changed since it last worked: %s -> %s; gone: %s; new: %s.",
                    before["action"],
                    now["action"],
                    ", ".join(sorted(gone)) or "nothing",
                    ", ".join(sorted(new)) or "nothing",
                )


@contextmanager
def _warned_of(what: str) -> Iterator[None]:
    """Warn, and go on, where something cannot be written that the sign-in does not need."""
    try:
        yield
    except ConfigError as error:
        log.warning("%s: %s", what, error)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
