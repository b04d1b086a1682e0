"""Valkey, and what stands on it: Celery's queues and schedule, the channel layer, the cache."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from .environment import DATA_DIR, env

# -- Valkey: broker, channel layer, cache ---------------------------------------------------------
# A unix socket path longer than 100 bytes is refused by the kernel, so a deep folder gets one in
# the temporary folder, named after the data folder.
VALKEY_DIR = DATA_DIR / "valkey"
VALKEY_SOCKET = VALKEY_DIR / "valkey.sock"
if len(os.fsencode(VALKEY_SOCKET)) > 100:
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
    # Workers of runs take evaluations too, one thing at a time: none computes beside a training.
    "finetune.tasks.evaluation_run": {"queue": "evaluations"},
    # What somebody waits for stands behind neither drawings nor the periodic tasks: a worker takes
    # from its queues in turn.
    "finetune.tasks.dataset_check": {"queue": "checks"},
    "finetune.tasks.base_inspect": {"queue": "checks"},
    "finetune.tasks.findings_make": {"queue": "findings"},
    "finetune.tasks.circuit_draw": {"queue": "drawings"},
    # A download takes an hour; nothing else stands behind it.
    "finetune.tasks.base_download": {"queue": "bases"},
    "finetune.tasks.dataset_fetch": {"queue": "fetches"},
    # A quantum cloud may be silent for minutes; checks of data sets do not wait for it.
    "finetune.tasks.quantum_*": {"queue": "quantum"},
    # Nor do jobs on hardware wait for two minutes of simulation.
    "finetune.tasks.experiment_*": {"queue": "explorer"},
    # A trial takes a minute, beside runs that take hours.
    "finetune.tasks.trial_run": {"queue": "explorer"},
    # An export reads and writes a whole model.
    "finetune.tasks.export_make": {"queue": "exports"},
    # A score reads a whole model too.
    "finetune.tasks.study_score": {"queue": "exports"},
    # A receiver of webhooks may let us wait; neither checks nor the reaper do.
    "finetune.tasks.alert_deliver": {"queue": "alerts"},
    # Probing takes minutes, most of them the engine's.
    "chat.tasks.probes_run": {"queue": "drawings"},
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
    "probes-lost": {
        "task": "chat.tasks.probes_recheck",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "chats": {"task": "chat.tasks.chats_sweep", "schedule": 300.0, "options": {"expires": 300}},
    "alerts": {
        "task": "finetune.tasks.alerts_recheck",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "quantum-jobs": {
        "task": "finetune.tasks.quantum_jobs_advance",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
}
