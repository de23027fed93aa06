"""Apache's own form-based login, over 36 lines on four pages."""

from .app import ApacheForm, missing

__all__ = ["ApacheForm", "missing"]
