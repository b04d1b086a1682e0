"""Start the inference engine with the site's settings: `python -m wukongsite.processes.engine`.

The process becomes `python -m chat.engine` (exec), so Django is not kept in its memory.
"""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
    from django.conf import settings

    arguments = [
        *("--assistants", str(settings.ASSISTANT_DIR)),
        *("--host", "127.0.0.1"),
        *("--port", str(settings.ENGINE_PORT)),
        *("--key-file", str(settings.ENGINE_KEY_FILE)),
        *("--encoders", str(settings.ENCODER_DIR)),
    ]
    os.execv(sys.executable, [sys.executable, "-m", "chat.engine", *arguments])  # noqa: S606
