"""What the settings are read from: environment variables, the data folder, secrets kept in it."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parents[2]


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


def names_table(variable: str, given: str) -> dict[str, str]:
    """A table of names as JSON, or the path of a file of it.

    Raises:
        ValueError: it cannot be read, or is no object of texts.
    """
    try:
        table = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{variable} is neither JSON nor a file of it: {error}") from None
    if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
        raise ValueError(f'{variable} must be an object of texts, as {{"gpt-4o-mini": "base"}}.')
    return table


def data_folder(name: str) -> Path:
    """Return the folder `var/<name>`, made on first use."""
    folder = DATA_DIR / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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


DATA_DIR = Path(env("WUKONG_DATA_DIR", str(BASE_DIR / "var"))).resolve()
SECRET_DIR = data_folder("secrets")
SECRET_DIR.chmod(0o700)
