"""django-allauth with time-based one-time codes, over 42 notes on five pages."""

from .app import AllauthTotp
from .notebook.shared import BOB

__all__ = ["BOB", "AllauthTotp"]
