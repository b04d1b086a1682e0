"""What processes are told that work for the site and have no need of its secrets."""

import os

SECRETS = (
    *("WUKONG_SECRET_KEY", "WUKONG_SECRET_KEY_FALLBACKS", "DATABASE_URL", "ENGINE_KEY"),
    *("EMAIL_HOST_PASSWORD", "WUKONG_METRICS_TOKEN"),
)


def without_secrets() -> dict[str, str]:
    """This process's environment, without what opens the site, its database, engine or mail."""
    return {name: text for name, text in os.environ.items() if name not in SECRETS}
