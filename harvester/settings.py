"""Django's settings, from the environment.

======================  ==============================================================================
``HARVESTER_HOME``      the practice's folder; default ``~/.local/share/harvester``
``HARVESTER_KEYS``      the folder of its keys; default ``keys`` in HOME, better on another volume
``DATABASE_URL``        default: the SQLite file ``practice.sqlite3`` in HOME; PostgreSQL works as well
``HARVESTER_HOSTS``     the names under which a TLS proxy serves the pages, with commas; without it they are
                        for this machine alone
======================  ==============================================================================

Reading this module touches nothing on disk but the key file; ``harvester.office.init`` makes folders.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from harvester.office.vault import web_key

HARVESTER_HOME = Path(os.environ.get("HARVESTER_HOME") or "~/.local/share/harvester").expanduser()
HARVESTER_KEYS = Path(os.environ.get("HARVESTER_KEYS") or HARVESTER_HOME / "keys").expanduser()
HARVESTER_STATE = Path(os.environ.get("HARVESTER_STATE") or "~/.local/state/harvester").expanduser()
"""What this machine remembers outside the database, and outside what is backed up with it."""


def database(url: str) -> dict[str, Any]:
    """Return Django's description of the database at ``url``, with what both kinds need to be safe."""
    found: dict[str, Any] = dict(dj_database_url.parse(url))
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = found.get("OPTIONS", {}) | {
            "timeout": 30,
            # A transaction that reads first and writes later must not find the file taken in between.
            "transaction_mode": "IMMEDIATE",
            # FULL: an attempt at signing in is on the disk before the password leaves.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    else:
        # The same promise on PostgreSQL, whatever the server's default is.
        found["OPTIONS"] = found.get("OPTIONS", {}) | {"options": "-c synchronous_commit=on"}
    return found


DATABASES = {
    "default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{HARVESTER_HOME}/practice.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = web_key(HARVESTER_KEYS)
"""Empty until the practice is set up; Django then refuses whatever would need it."""

USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "harvester.review",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "harvester.office",
]
AUTH_USER_MODEL = "office.Person"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

LOGGING_CONFIG = None
"""``harvester.logs`` is the only way out for a log line."""

# The pages ----------------------------------------------------------------------------------------

ROOT_URLCONF = "harvester.review.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "harvester.review.gate.Gate",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
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
            ]
        },
    }
]
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

_NAMES = [name.strip() for name in os.environ.get("HARVESTER_HOSTS", "").split(",") if name.strip()]
ALLOWED_HOSTS = _NAMES or ["127.0.0.1", "[::1]", "localhost"]
# Behind a proxy everything is TLS; on this machine alone nothing leaves it.
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(_NAMES)
SECURE_HSTS_SECONDS = 31_536_000 if _NAMES else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "harvester_session", "harvester_csrf"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],  # the picture of an authenticator's secret
        "script-src": [SELF],
        "style-src": [SELF],
    }
}

# One for all processes: by it a one-time code is known that was used.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "review_cache"}}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL, ACCOUNT_LOGOUT_REDIRECT_URL = "account_login", "home", "account_login"
ACCOUNT_ADAPTER = "harvester.review.entrance.Entrance"
ACCOUNT_FORMS = {"login": "harvester.review.forms.SignIn"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MFA_ADAPTER = "harvester.review.entrance.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # there are no e-mail addresses here
MFA_RECOVERY_CODES_SHOW_ONCE = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "review/locked.html"
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit is
AXES_VERBOSE = False
