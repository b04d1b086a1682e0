"""The studio's own settings: runs, quantum hardware, engine, limits of what people send."""

import os

from .environment import SECRET_DIR, data_folder, env, names_table, stored_secret

# -- folders ------------------------------------------------------------------------------------
DATASET_DIR = data_folder("datasets")
RUN_DIR = data_folder("runs")
ASSISTANT_DIR = data_folder("assistants")
BASE_MODEL_DIR = data_folder("base-models")
ENCODER_DIR = data_folder("encoders")
CIRCUIT_DIR = data_folder("circuits")
EXPERIMENT_DIR = data_folder("experiments")
STUDY_DIR = data_folder("studies")

# -- runs ---------------------------------------------------------------------------------------
LEASE_SECONDS = env("WUKONG_LEASE_SECONDS", 10)
MAX_ATTEMPTS = env("WUKONG_MAX_ATTEMPTS", 5)
TRAINER_SILENT_SECONDS = env("WUKONG_TRAINER_SILENT_SECONDS", 120)  # 0: never ended for it
TRAINER_THREADS = env("WUKONG_TRAINER_THREADS", 0)  # 0: those that are free
TRAINER_CPU_DEVICES = env("WUKONG_TRAINER_CPU_DEVICES", 1)  # as many the processor counts for
TRAINER_NICENESS = env("WUKONG_TRAINER_NICENESS", 10)  # 0: trains at the expense of the chat

# -- base models --------------------------------------------------------------------------------
# Both are read by `huggingface_hub` itself; the site shows the one, and never the other.
HUB_URL = env("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
HUB_TOKEN_GIVEN = bool(env("HF_TOKEN", ""))
BASES_BY_TEAMS = env("WUKONG_BASES_BY_TEAMS", False)

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

# -- alerts -------------------------------------------------------------------------------------
WEBHOOK_PRIVATE_URLS = env("WUKONG_WEBHOOK_PRIVATE_URLS", False)
# Django's mail settings, by their own names; without a host no mail is sent, and pages say so.
EMAIL_HOST = env("EMAIL_HOST", "")
EMAIL_PORT = env("EMAIL_PORT", 25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "studio@localhost")

# -- engine -------------------------------------------------------------------------------------
ENGINE_PORT = env("WUKONG_ENGINE_PORT", 8801)
ENGINE_URL = env("ENGINE_URL", "") or f"http://127.0.0.1:{ENGINE_PORT}"
ENGINE_IS_OURS = not os.environ.get("ENGINE_URL")
ENGINE_KEY = stored_secret("engine-key") if ENGINE_IS_OURS else env("ENGINE_KEY", "")
ENGINE_KEY_FILE = SECRET_DIR / "engine-key"
# Judges what people and assistants write; another's engine has no such route.
JUDGE_URL = env("WUKONG_JUDGE_URL", "") or ENGINE_URL
ENGINE_WAIT_SECONDS = env("WUKONG_ENGINE_WAIT_SECONDS", 20)
CHAT_MAX_TOKENS = env("WUKONG_CHAT_MAX_TOKENS", 220)

# -- the chat and the people in it ---------------------------------------------------------------
CHAT_KEEP_DAYS = env("WUKONG_CHAT_KEEP_DAYS", 0)  # after the last message; 0: until deleted
QUICK_EXIT_URL = env("WUKONG_QUICK_EXIT_URL", "https://www.wikipedia.org/")
ANONYMOUS_CHAT = env("WUKONG_ANONYMOUS_CHAT", False)
ANONYMOUS_ASSISTANT = env("WUKONG_ANONYMOUS_ASSISTANT", "smollm2-135m-instruct")
ANONYMOUS_VISITS = env("WUKONG_ANONYMOUS_VISITS", 10)  # of one address in a quarter of an hour
ANONYMOUS_MESSAGES = env("WUKONG_ANONYMOUS_MESSAGES", 30)  # of one visitor in that time
PERSONAS = "chat.personas.selectors"  # where assistants with a way of speaking come from
DIALOGUE_JUDGE = "chat.safety.dialogues"  # judges what is said in data sets
REPLY_GATE = "chat.speech.samples.replies_gated"  # what sample replies of runs pass

HANDOVER = env("WUKONG_HANDOVER", False)  # whether people of this site answer by hand
HANDOVER_HOURS = env("WUKONG_HANDOVER_HOURS", "")  # when, in words that are shown

# -- safety -------------------------------------------------------------------------------------
RISK_HIGH_HOURS = env("WUKONG_RISK_HIGH_HOURS", 24)  # after the last sign
RISK_RAISED_HOURS = env("WUKONG_RISK_RAISED_HOURS", 72)
for _name, _hours in (
    ("WUKONG_RISK_HIGH_HOURS", RISK_HIGH_HOURS),
    ("WUKONG_RISK_RAISED_HOURS", RISK_RAISED_HOURS),
):
    if _hours < 24:
        raise ValueError(f"{_name} is {_hours}, but a state is kept for at least 24 hours.")
SAFETY_LOG_TEXT = env("WUKONG_SAFETY_LOG_TEXT", False)

# -- API -----------------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env("WUKONG_API_REQUESTS_PER_MINUTE", 600)  # by key
API_REPEAT_SECONDS = env("WUKONG_API_REPEAT_SECONDS", 30)  # equal job bodies are one job; 0: off
# What stands here for models that are hosted elsewhere, by their names.
HOSTED_MODELS = names_table("WUKONG_HOSTED_MODELS", env("WUKONG_HOSTED_MODELS", "{}"))

# -- evaluations ---------------------------------------------------------------------------------
HARNESS_TASKS = env("WUKONG_HARNESS_TASKS", "")  # folder of tasks that everybody may run

# -- uploads: limits -----------------------------------------------------------------------------
UPLOAD_MAX_MB = env("WUKONG_UPLOAD_MAX_MB", 2048)
UPLOAD_HOURS = env("WUKONG_UPLOAD_HOURS", 24)  # that parts of a file are kept for the rest of it
UPLOADS_OPEN = env("WUKONG_UPLOADS_OPEN", 10)  # in parts, of one team at once
UPLOAD_MAX_EXPANDED_MB = env("WUKONG_UPLOAD_MAX_EXPANDED_MB", 4096)
UPLOAD_MAX_DIALOGUES = env("WUKONG_UPLOAD_MAX_DIALOGUES", 2_000_000)
UPLOAD_MAX_LINE_KB = env("WUKONG_UPLOAD_MAX_LINE_KB", 1024)
UPLOAD_MIN_DIALOGUES = env("WUKONG_UPLOAD_MIN_DIALOGUES", 10)
UPLOAD_MIN_FREE_MB = env("WUKONG_UPLOAD_MIN_FREE_MB", 512)
DATA_URLS = env("WUKONG_DATA_URLS", "")  # hosts that data may be fetched from; empty: none
DATA_FETCH_SECONDS = env("WUKONG_DATA_FETCH_SECONDS", 3600)
DATA_PRIVATE_URLS = env("WUKONG_DATA_PRIVATE_URLS", False)
REQUEST_MAX_MB = env("WUKONG_REQUEST_MAX_MB", 64)  # of one request: a file, or a part of one
REQUEST_MAX_BYTES = REQUEST_MAX_MB * 2**20 + 64 * 2**10
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
FILE_UPLOAD_TEMP_DIR = data_folder("uploads")
UPLOAD_PART_DIR = data_folder("upload-parts")
