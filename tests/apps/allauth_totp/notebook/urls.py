"""Notes for whoever is signed in, ten to the page, each page with the way out."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

NOTES = [f"Note {number}: keep <this> & that to yourself" for number in range(1, 43)]

PAGE = """<!doctype html>
<html lang="en">
<title>Your notes</title>
<p id="me">{{ request.user.email }} · <a href="{% url 'account_logout' %}">Sign out</a></p>
<ol>{% for note in notes %}<li class="note">{{ note }}</li>{% endfor %}</ol>
{% if notes.has_next %}<a rel="next" href="?page={{ notes.next_page_number }}">Older notes</a>{% endif %}
</html>
"""


@login_required
def show_notes(request: HttpRequest) -> HttpResponse:
    """Show one page of notes."""
    notes = Paginator(NOTES, 10).get_page(request.GET.get("page"))
    return HttpResponse(engines["django"].from_string(PAGE).render({"notes": notes}, request))


urlpatterns = [path("notes/", show_notes), path("accounts/", include("allauth.urls"))]
