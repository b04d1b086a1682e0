"""The site's own settings on a data folder of the test session's own."""

import atexit
import os
import shutil
import socket
import tempfile
from urllib.parse import urlsplit

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
# Servers of `make test-production`. Read by other names than the site's, so that a process which a
# test starts on its own folder, without our variables, has its own SQLite and its own Valkey.
_given = {}
if _server := os.environ.get("WUKONG_TEST_VALKEY_URL"):
    # Tests empty their database of Valkey: each of their processes has one, from 15 downwards,
    # whichever the address names.
    _worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    _number = os.environ.get("WUKONG_TEST_VALKEY_NUMBER", str(15 - _worker))
    _given["VALKEY_URL"] = urlsplit(_server)._replace(path=f"/{_number}").geturl()
if os.environ.get("WUKONG_TEST_DATABASE_URL"):
    _given["DATABASE_URL"] = os.environ["WUKONG_TEST_DATABASE_URL"]
os.environ |= _given
os.environ.pop("ENGINE_URL", None)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from wukongsite.settings import *  # noqa: F403, E402

for _name in _given:
    del os.environ[_name]

if not VALKEY_IS_OURS:  # noqa: F405
    # Names of groups are the server's, whatever the database.
    CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = VALKEY_URL  # noqa: F405
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ENGINE_WAIT_SECONDS = 0
UPLOAD_MIN_FREE_MB = 1
UPLOAD_MAX_MB = 64  # gigabytes are generated, and refused
