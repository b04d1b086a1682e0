"""The site's own settings on a data folder of the test session's own."""

import atexit
import os
import shutil
import socket
import tempfile

if "WUKONG_TEST_DATA_DIR" not in os.environ:
    os.environ["WUKONG_TEST_DATA_DIR"] = tempfile.mkdtemp(prefix="wukong-test-")
    atexit.register(shutil.rmtree, os.environ["WUKONG_TEST_DATA_DIR"], ignore_errors=True)
    # A port of our own, held without listening: no engine answers there, and above all not that
    # of a studio that runs beside the tests.
    _held = socket.socket()
    _held.bind(("127.0.0.1", 0))
    os.environ["WUKONG_ENGINE_PORT"] = str(_held.getsockname()[1])
os.environ["WUKONG_DATA_DIR"] = os.environ["WUKONG_TEST_DATA_DIR"]
os.environ.pop("VALKEY_URL", None)
os.environ.pop("ENGINE_URL", None)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from wukongsite.settings import *  # noqa: F403, E402

DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ENGINE_WAIT_SECONDS = 0
UPLOAD_MIN_FREE_MB = 1
UPLOAD_MAX_MB = 64  # gigabytes are generated, and refused
