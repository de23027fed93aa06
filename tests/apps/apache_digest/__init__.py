"""Apache's Digest, with nonces that live a few seconds, over 40 lines on five pages."""

from .app import ApacheDigest, missing

__all__ = ["ApacheDigest", "missing"]
