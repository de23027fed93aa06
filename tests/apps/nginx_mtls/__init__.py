"""nginx with client certificates, over 36 lines on four pages."""

from .app import NginxMtls, missing

__all__ = ["NginxMtls", "missing"]
