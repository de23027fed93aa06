"""Create the database, with two accounts of which one has a second factor."""

import django
from django.core.management import call_command

from .shared import ADA, BOB, Account


def main() -> None:
    """Set Django up, then create the tables and their rows."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    for account in (ADA, BOB):
        add(account)


def add(account: Account) -> None:
    """Add an account whose address needs no verification, with its authenticator."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.totp.internal.auth import TOTP
    from django.contrib.auth.models import User

    user = User.objects.create_user(account.email, account.email, account.password)
    EmailAddress.objects.create(user=user, email=account.email, primary=True, verified=True)
    if account.totp_secret:
        TOTP.activate(user, account.totp_secret)


if __name__ == "__main__":
    main()
