"""For whoever runs the site: how it ends, what it counts, how it writes its log."""

from .environment import env

DRAIN_SECONDS = env("WUKONG_DRAIN_SECONDS", 0)  # `/readyz` says so, and requests are still answered
GRACE_SECONDS = env("WUKONG_GRACE_SECONDS", 5)  # that requests have to end after it
METRICS_TOKEN = env("WUKONG_METRICS_TOKEN", "")  # who shows it may read `/metrics`; empty: nobody
METRICS_LOOPBACK = env("WUKONG_METRICS_LOOPBACK", False)  # this machine may, without a token
LOG_FORMAT = env("WUKONG_LOG_FORMAT", "text")
if LOG_FORMAT not in ("text", "json"):
    raise ValueError(f"WUKONG_LOG_FORMAT is {LOG_FORMAT!r}; it may be text or json.")
