"""Single sign-on by OpenID Connect over two origins, in front of 46 folios on five pages."""

from .app import OidcSso, missing

__all__ = ["OidcSso", "missing"]
