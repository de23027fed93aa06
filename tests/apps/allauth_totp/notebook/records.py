"""Put every try to sign in on record, with what came of it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .shared import RECORDS


def keep_records(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Write a line for each form that a stranger sends: its path, the answer, who that stranger is now."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST":
            state = "signed in" if request.user.is_authenticated else "a stranger"
            with (settings.FOLDER / RECORDS).open("a") as records:
                records.write(f"{request.path} {response.status_code} {state}\n")
        return response

    return answer
