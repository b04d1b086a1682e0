"""The site as Django knows it: security, apps, people, database, files for the browser, log."""

import ipaddress
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from .environment import BASE_DIR, DATA_DIR, data_folder, env, stored_secret
from .operations import LOG_FORMAT

# -- security -----------------------------------------------------------------------------------
SECRET_KEY = env("WUKONG_SECRET_KEY", "") or stored_secret("django-key")
SECRET_KEY_FALLBACKS = env("WUKONG_SECRET_KEY_FALLBACKS", [])
DEBUG = env("WUKONG_DEBUG", False)
ALLOWED_HOSTS = env("WUKONG_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env("WUKONG_TRUSTED_ORIGINS", [])
HTTPS = env("WUKONG_HTTPS", False)
TRUSTED_PROXIES = env("WUKONG_TRUSTED_PROXIES", [])  # addresses or networks
for _proxy in TRUSTED_PROXIES:
    try:
        ipaddress.ip_network(_proxy, strict=False)
    except ValueError:
        raise ValueError(
            f"WUKONG_TRUSTED_PROXIES holds {_proxy!r}, which is neither an address nor a network. "
            "Write for example 127.0.0.1,10.0.0.0/8."
        ) from None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
HSTS_SECONDS = env("WUKONG_HSTS_SECONDS", 31_536_000)  # counts behind TLS alone
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env("WUKONG_HSTS_SUBDOMAINS", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other hosts of the domain are their operators': WUKONG_HSTS_SUBDOMAINS
    "security.W008",  # the proxy that ends TLS sends people from http to https
    "security.W021",  # browsers' preload lists take a whole domain, for ever
]
DEFAULT_EXCEPTION_REPORTER_FILTER = "wukongsite.http.error_reports.AlwaysHiding"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- the site -----------------------------------------------------------------------------------
HOST = env("WUKONG_HOST", "127.0.0.1")
PORT = env("WUKONG_PORT", 8000)
SITE_URL = env("WUKONG_SITE_URL", f"http://{HOST}:{PORT}")

INSTALLED_APPS = [
    "channels",
    "wukongsite.console.site.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "ninja",
    "csp",
    "wukongsite",
    "finetune",
    "chat",
]
MIDDLEWARE = [
    "wukongsite.http.middleware.RequestIdMiddleware",
    "wukongsite.http.errors.ApiErrorMiddleware",
    "wukongsite.http.language.LanguageMiddleware",  # before whatever may refuse in words
    "wukongsite.http.entry.TextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "finetune.teams.audit.origin.OriginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "chat.visitors.middleware.VisitorMiddleware",
    "finetune.teams.middleware.TeamMiddleware",
]
APPEND_SLASH = True
ROOT_URLCONF = "wukongsite.urls"
ASGI_APPLICATION = "wukongsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],  # every template has words
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "finetune.User"
AUTHENTICATION_BACKENDS = [
    "finetune.teams.doors.LimitedBackend",
    # Never asked for a password: `LimitedBackend` has the last word. Sessions name the backend that
    # opened them, and those of before must stay open.
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [  # the first one makes hashes; those of others are made anew at a sign-in
    f"django.contrib.auth.hashers.{name}PasswordHasher"
    for name in ("Argon2", "PBKDF2", "PBKDF2SHA1", "BCryptSHA256", "Scrypt")
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# -- the record ---------------------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'studio.sqlite3'}"
DATABASES: dict[str, dict[str, Any]] = {
    "default": dict(dj_database_url.parse(DATABASE_URL, conn_health_checks=True))
}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- files for the browser ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = data_folder("static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}

# -- language, time, log ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]  # each by its own name
LOCALE_PATHS = [BASE_DIR / "wukongsite" / "locale"]
LANGUAGE_COOKIE_NAME = "wukong_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env("WUKONG_TIME_ZONE", "UTC")
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "chosen": {"()": "finetune.outside.log_lines.formatter", "log_format": LOG_FORMAT},
    },
    "filters": {
        "counts": {"()": "wukongsite.metrics.requests.Counting"},
        "stops": {"()": "wukongsite.celery.StopIsNoError"},
        "one line": {"()": "wukongsite.celery.OneLine"},
        "faults": {"()": "wukongsite.http.error_reports.FaultsOnce"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "chosen",
            "filters": ["counts", "faults"],
        },
        # First, because the other's filter makes one line of what a fault of the machine raises.
        "errors": {"class": "wukongsite.console.errors.KeptErrors"},
    },
    "root": {"handlers": ["errors", "console"], "level": env("WUKONG_LOG_LEVEL", "INFO")},
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("httpx", "celery", "kombu", "uvicorn", "asyncio", "qiskit")
    }
    | {"celery.worker.request": {"filters": ["stops"]}, "celery.beat": {"filters": ["one line"]}},
}
