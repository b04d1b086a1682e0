"""Settings. Every value that an operator may change is an environment variable with a default.

The table in docs/settings.md is checked against the `env(...)` calls here by a test. The defaults
need nothing but this folder: SQLite, an own Valkey server and all state under `var/`.
"""

from .environment import *  # noqa: F403
from .operations import *  # noqa: F403
from .queue import *  # noqa: F403
from .site import *  # noqa: F403
from .studio import *  # noqa: F403
