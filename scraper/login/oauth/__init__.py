"""`OAuth2Login`: tokens of an authorization server (OAuth 2.0, OpenID Connect), by any of its grants."""

from scraper.login.oauth.login import OAuth2Login

__all__ = ["OAuth2Login"]
