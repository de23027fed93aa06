"""Settings as django-allauth's documentation asks for them, without sign-up by mail."""

import os
from pathlib import Path

from .shared import CACHE, DATABASE, FOLDER_VARIABLE, TOTP_PERIOD_VARIABLE

FOLDER = Path(os.environ[FOLDER_VARIABLE])

SECRET_KEY = "no secret: this server answers on the loopback interface, in tests"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "notebook.urls"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "notebook.records.keep_records",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/notes/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# One window of tolerance each way, as authenticators' clocks need it.
MFA_SUPPORTED_TYPES = ["totp"]
MFA_TOTP_PERIOD = int(os.environ[TOTP_PERIOD_VARIABLE])
MFA_TOTP_TOLERANCE = 1

# Threads that write at once wait for each other rather than fail; nothing waits for the disk.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / DATABASE,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous = OFF"},
    },
}

# Failures and used codes are counted in the cache: in files, where the tests can make it forget them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": FOLDER / CACHE,
    },
}

# Tables straight from the models, and a hasher that takes no time.
MIGRATION_MODULES = dict.fromkeys(["account", "auth", "contenttypes", "mfa", "sessions"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
