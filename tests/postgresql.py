"""A PostgreSQL server of the tests' own, where its programs and psycopg are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # Debian's place


class Server:
    """One cluster; it listens on a socket in its folder alone."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.user = "postgres"

    def call(self, name: str, *options: str) -> None:
        command = [str(self.programs / name), *options]
        if os.getuid() == 0:  # the server refuses to be root
            command = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                *command,
            ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        assert done.returncode == 0, f"{name}: {done.stderr}{done.stdout}"

    def start(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = str(self.folder / "data")
        self.call("initdb", "-D", data, "-U", self.user, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self.call(
            "pg_ctl", "-D", data, "-o", options, "-l", str(self.folder / "log"), "-w", "start"
        )

    def stop(self) -> None:
        self.call("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def database(self, name: str) -> str:
        """Make an empty database; its address for `DATABASE_URL`."""
        self.call("createdb", "-h", str(self.folder), "-U", self.user, name)
        return f"postgresql://{self.user}@{str(self.folder).replace('/', '%2F')}/{name}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    if not BIN:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-postgresql.txt)")
    folder = Path(tempfile.mkdtemp(prefix="wukong-postgresql-"))
    server = Server(folder, BIN[-1])
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
