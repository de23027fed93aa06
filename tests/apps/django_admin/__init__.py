"""Django's own admin over 72 books: the server runs apart, and the tests hold its levers."""

from .app import DjangoAdmin
from .library.shared import READER

__all__ = ["READER", "DjangoAdmin"]
