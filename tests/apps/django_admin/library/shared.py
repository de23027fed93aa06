"""What the server and the tests must agree on; the one module both sides import."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """A name and password somebody signs in with."""

    username: str
    password: str = field(repr=False)


LIBRARIAN = Account("librarian", "p&ss=w%72d+;\"<ünï>' #1?")
READER = Account("reader", "only looking")

LOGIN = "login"
FAILED_LOGIN = "failed login"
EXPIRY = "expiry"

DATABASE_VARIABLE = "LIBRARY_DATABASE"
EXPIRE_AFTER_VARIABLE = "LIBRARY_EXPIRE_AFTER"
