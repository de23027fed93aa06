"""Create the database that `LIBRARY_DATABASE` names, with two accounts and 72 books."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import django
from django.core.management import call_command

from .shared import LIBRARIAN, READER

ADJECTIVES = ("Silent", "Crooked", "Amber", "Distant", "Patient", "Hollow", "Second", "Winter")
NOUNS = ("Harbour", "Ledger", "Orchard", "Engine", "Cartographer", "Staircase", "Letter", "Tide", "Garden")
AUTHORS = ("Åsa Lindqvist", "Maeve O'Brien", "Rowe & Tanaka", "José Peña", "Ida <i> Holm")


def main() -> None:
    """Set Django up, then create the tables and their rows."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    add_accounts()
    add_books()


def add_accounts() -> None:
    """Add a superuser, and a user the admin does not let in."""
    from django.contrib.auth.models import User

    User.objects.create_superuser(LIBRARIAN.username, password=LIBRARIAN.password)
    User.objects.create_user(READER.username, password=READER.password)


def add_books() -> None:
    """Add the same books every time, in one statement."""
    from .models import Book

    Book.objects.bulk_create(Book(**fields) for fields in books())


def books() -> Iterator[dict[str, object]]:
    """Yield the fields of each book; titles and ISBNs are unique."""
    for number, (adjective, noun) in enumerate(product(ADJECTIVES, NOUNS)):
        yield {
            "title": f"The {adjective} {noun}",
            "author": AUTHORS[number % len(AUTHORS)],
            "isbn": isbn(number),
            "price": Decimal(499 + 37 * number) / 100,
            "published": date(1950, 1, 5) + timedelta(days=389 * number),
        }


def isbn(number: int) -> str:
    """Return a 13-digit ISBN whose check digit is right."""
    digits = f"978{100_000_000 + 7919 * number}"
    weighted = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


if __name__ == "__main__":
    main()
