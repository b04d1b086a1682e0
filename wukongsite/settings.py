"""Settings. Every value that an operator may change is an environment variable with a default.

The table in docs/settings.md is checked against the `env(...)` calls here by a test. The defaults
need nothing but this folder: SQLite, an own Valkey server and all state under `var/`.
"""

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: Any) -> Any:
    """Return the environment variable `name` in the type of `default`, or `default`."""
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    if isinstance(default, bool):
        return raw.lower() in {"1", "true", "yes", "on"}
    if isinstance(default, int):
        try:
            return int(raw)
        except ValueError:
            raise ValueError(f"{name} must be a whole number, but is {raw!r}.") from None
    if isinstance(default, float):
        try:
            return float(raw)
        except ValueError:
            raise ValueError(f"{name} must be a number, but is {raw!r}.") from None
    if isinstance(default, list):
        return [part.strip() for part in raw.split(",") if part.strip()]
    return raw


# -- places -------------------------------------------------------------------------------------
DATA_DIR = Path(env("WUKONG_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATASET_DIR = DATA_DIR / "datasets"
RUN_DIR = DATA_DIR / "runs"
ASSISTANT_DIR = DATA_DIR / "assistants"
BASE_MODEL_DIR = DATA_DIR / "base-models"
CIRCUIT_DIR = DATA_DIR / "circuits"
EXPERIMENT_DIR = DATA_DIR / "experiments"
SECRET_DIR = DATA_DIR / "secrets"
for _folder in (
    DATASET_DIR,
    RUN_DIR,
    ASSISTANT_DIR,
    BASE_MODEL_DIR,
    CIRCUIT_DIR,
    EXPERIMENT_DIR,
    SECRET_DIR,
):
    _folder.mkdir(parents=True, exist_ok=True)
SECRET_DIR.chmod(0o700)


def stored_secret(name: str) -> str:
    """Return the secret in `var/secrets/<name>`, made on first use (two processes may race)."""
    path = SECRET_DIR / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


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
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER_FILTER = "wukongsite.error_reports.AlwaysHiding"
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
    "wukongsite.console.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "wukongsite",
    "finetune",
    "chat",
]
MIDDLEWARE = [
    "wukongsite.middleware.RequestIdMiddleware",
    "wukongsite.api_errors.ApiErrorMiddleware",
    "wukongsite.entry.TextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "finetune.middleware.TeamMiddleware",
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
    "finetune.doors.LimitedBackend",
    # Never asked for a password: `LimitedBackend` has the last word. Sessions name the backend that
    # opened them, and those of before must stay open.
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
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
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Valkey: broker, channel layer, cache ---------------------------------------------------------
# A unix socket path longer than 100 bytes is refused by the kernel, so a deep folder gets one in
# the temporary folder, named after the data folder.
VALKEY_DIR = DATA_DIR / "valkey"
VALKEY_SOCKET = VALKEY_DIR / "valkey.sock"
if len(os.fsencode(VALKEY_SOCKET)) > 100:
    import hashlib
    import tempfile

    _mark = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    VALKEY_SOCKET = Path(tempfile.gettempdir()) / f"wukong-{os.getuid()}-{_mark}.sock"
VALKEY_URL = env("VALKEY_URL", "") or f"unix://{quote(str(VALKEY_SOCKET))}"
VALKEY_IS_OURS = not os.environ.get("VALKEY_URL")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [VALKEY_URL]},
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": VALKEY_URL}
}

# -- Celery -------------------------------------------------------------------------------------
CELERY_BROKER_URL = VALKEY_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 20}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "finetune.tasks.run_execute": {"queue": "train"},
    # What somebody waits for stands behind neither drawings nor the periodic tasks: a worker takes
    # from its queues in turn.
    "finetune.tasks.dataset_check": {"queue": "checks"},
    "finetune.tasks.base_inspect": {"queue": "checks"},
    "finetune.tasks.circuit_draw": {"queue": "drawings"},
    # A quantum cloud may be silent for minutes; checks of data sets do not wait for it.
    "finetune.tasks.quantum_*": {"queue": "quantum"},
    # Nor do jobs on hardware wait for two minutes of simulation.
    "finetune.tasks.experiment_*": {"queue": "explorer"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = None
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "reap": {"task": "finetune.tasks.runs_reap", "schedule": 3.0, "options": {"expires": 3}},
    "check-lost": {
        "task": "finetune.tasks.datasets_recheck",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "quantum-jobs": {
        "task": "finetune.tasks.quantum_jobs_advance",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
}

# -- runs ---------------------------------------------------------------------------------------
LEASE_SECONDS = env("WUKONG_LEASE_SECONDS", 10)
MAX_ATTEMPTS = env("WUKONG_MAX_ATTEMPTS", 5)
TRAINER_SILENT_SECONDS = env("WUKONG_TRAINER_SILENT_SECONDS", 120)  # 0: never ended for it
TRAINER_THREADS = env("WUKONG_TRAINER_THREADS", 0)  # 0: as many as there are cores

# -- quantum hardware ---------------------------------------------------------------------------
# Caps on what is sent to a quantum cloud, checked in the transaction that plans a job; 0: no cap.
QUANTUM_CAPS = {
    "run": {
        "circuits": env("WUKONG_QUANTUM_CAP_RUN_CIRCUITS", 5_000),
        "shots": env("WUKONG_QUANTUM_CAP_RUN_SHOTS", 10_000_000),
        "seconds": env("WUKONG_QUANTUM_CAP_RUN_SECONDS", 3_600),
    },
    "user": {  # of one person, since midnight UTC
        "circuits": env("WUKONG_QUANTUM_CAP_USER_CIRCUITS", 10_000),
        "shots": env("WUKONG_QUANTUM_CAP_USER_SHOTS", 20_000_000),
        "seconds": env("WUKONG_QUANTUM_CAP_USER_SECONDS", 7_200),
    },
    "day": {  # of the whole site, since midnight UTC
        "circuits": env("WUKONG_QUANTUM_CAP_DAY_CIRCUITS", 20_000),
        "shots": env("WUKONG_QUANTUM_CAP_DAY_SHOTS", 40_000_000),
        "seconds": env("WUKONG_QUANTUM_CAP_DAY_SECONDS", 14_400),
    },
}
QUANTUM_TARIFF = env("WUKONG_QUANTUM_TARIFF", 0.0)  # money per processor second; 0: none is shown
QUANTUM_CURRENCY = env("WUKONG_QUANTUM_CURRENCY", "CNY")
QUANTUM_PRIVATE_URLS = env("WUKONG_QUANTUM_PRIVATE_URLS", False)
EXPERIMENT_SECONDS = env("WUKONG_EXPERIMENT_SECONDS", 120)
EXPERIMENTS_WAITING = env("WUKONG_EXPERIMENTS_WAITING", 10)  # of one team

# -- engine -------------------------------------------------------------------------------------
ENGINE_PORT = env("WUKONG_ENGINE_PORT", 8801)
ENGINE_URL = env("ENGINE_URL", "") or f"http://127.0.0.1:{ENGINE_PORT}"
ENGINE_IS_OURS = not os.environ.get("ENGINE_URL")
ENGINE_KEY = stored_secret("engine-key") if ENGINE_IS_OURS else env("ENGINE_KEY", "")
ENGINE_KEY_FILE = SECRET_DIR / "engine-key"
CHAT_MAX_TOKENS = env("WUKONG_CHAT_MAX_TOKENS", 220)

# -- API -----------------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env("WUKONG_API_REQUESTS_PER_MINUTE", 600)  # by key
API_REPEAT_SECONDS = env(
    "WUKONG_API_REPEAT_SECONDS", 30
)  # the same job body is the same job; 0: off

# -- uploads: limits -----------------------------------------------------------------------------
UPLOAD_MAX_MB = env("WUKONG_UPLOAD_MAX_MB", 64)
UPLOAD_MAX_DIALOGUES = env("WUKONG_UPLOAD_MAX_DIALOGUES", 200_000)
UPLOAD_MAX_LINE_KB = env("WUKONG_UPLOAD_MAX_LINE_KB", 1024)
UPLOAD_MIN_DIALOGUES = env("WUKONG_UPLOAD_MIN_DIALOGUES", 10)
UPLOAD_MIN_FREE_MB = env("WUKONG_UPLOAD_MIN_FREE_MB", 512)
REQUEST_MAX_BYTES = UPLOAD_MAX_MB * 2**20 + 64 * 2**10
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)

# -- files for the browser ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}

# -- language, time, log ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env("WUKONG_TIME_ZONE", "UTC")
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "filters": {
        "stops": {"()": "wukongsite.celery.StopIsNoError"},
        "faults": {"()": "wukongsite.error_reports.FaultsOnce"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["faults"],
        }
    },
    "root": {"handlers": ["console"], "level": env("WUKONG_LOG_LEVEL", "INFO")},
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("httpx", "celery", "kombu", "uvicorn", "asyncio", "qiskit")
    }
    | {"celery.worker.request": {"filters": ["stops"]}},
}
