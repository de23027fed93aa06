"""Record each login, successful or not, as an event."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_login_failed

from .shared import FAILED_LOGIN, LOGIN


class LibraryConfig(AppConfig):
    """The library, listening to Django's signals."""

    name = "library"

    def ready(self) -> None:
        """Connect the signals once the models are there."""
        user_logged_in.connect(_record_login)
        user_login_failed.connect(_record_failed_login)


def _record_login(**_signal: object) -> None:
    _record(LOGIN)


def _record_failed_login(**_signal: object) -> None:
    _record(FAILED_LOGIN)


def _record(kind: str) -> None:
    from .models import Event  # models cannot be imported before the apps are loaded

    Event.objects.create(kind=kind)
