"""The lever `expire_after`."""

from collections.abc import Callable
from itertools import count

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from .models import Event
from .shared import EXPIRY


class ExpireSessions:
    """End every session once, after so many requests that carried a signed-in user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Stand aside unless the lever is set."""
        if not settings.EXPIRE_AFTER:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self._signed_in_requests = count(1)  # one step is atomic, so threads need no lock

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in full, then end the sessions if this was the request to do so after."""
        response = self.get_response(request)
        if getattr(request, "is_last_of_session", False):
            _end_all_sessions()
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Count here, where the user is known and a login has not happened yet."""
        if request.user.is_authenticated:
            request.is_last_of_session = next(self._signed_in_requests) == settings.EXPIRE_AFTER


def _end_all_sessions() -> None:
    Session.objects.all().delete()
    Event.objects.create(kind=EXPIRY)
