"""What the server and the tests must agree on; the one module both sides import."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """Who signs in by an e-mail address and a password, and a code where there is a secret to make it of."""

    email: str
    password: str = field(repr=False)
    totp_secret: str = field(default="", repr=False)


ADA = Account("ada@example.test", "Two-Steps-4-Ada", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
BOB = Account("bob@example.test", "One-Step-4-Bob")

DATABASE = "notebook.sqlite3"
CACHE = "cache"
RECORDS = "records.log"

FOLDER_VARIABLE = "NOTEBOOK_FOLDER"
TOTP_PERIOD_VARIABLE = "NOTEBOOK_TOTP_PERIOD"
