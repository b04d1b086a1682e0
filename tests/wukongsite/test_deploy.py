"""`manage.py check --deploy` has nothing to say where the site is set up for TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def check(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WUKONG")}
    environment = {
        **kept,
        "DJANGO_SETTINGS_MODULE": "wukongsite.settings",
        "WUKONG_DATA_DIR": str(folder),
        **more,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_site_behind_tls_is_clean(tmp_path: Path) -> None:
    done = check(tmp_path, WUKONG_HTTPS="true", WUKONG_ALLOWED_HOSTS="studio.example")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "security.W012"),  # SESSION_COOKIE_SECURE
        ({"WUKONG_HTTPS": "true", "WUKONG_HSTS_SECONDS": "0"}, "security.W004"),
        ({"WUKONG_HTTPS": "true", "WUKONG_DEBUG": "true"}, "security.W018"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, more: dict[str, str], told: str) -> None:
    done = check(tmp_path, **more)
    assert done.returncode == 1
    assert told in done.stderr


SEEN = """
from django.test import Client
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
answer = Client().get("/sign-in/", headers={"x-forwarded-proto": "https"})
print(answer.headers.get("strict-transport-security"), answer.cookies["csrftoken"]["secure"])
"""


def test_cookies_and_headers_behind_tls(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(){SEEN}"],
        cwd=ROOT,
        env={
            **{name: one for name, one in os.environ.items() if not name.startswith("WUKONG")},
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WUKONG_TEST_DATA_DIR": str(tmp_path),
            "WUKONG_HTTPS": "true",
            "WUKONG_HSTS_SECONDS": "600",
            "WUKONG_HSTS_SUBDOMAINS": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("max-age=600; includeSubDomains True"), done.stdout
