"""The same on PostgreSQL, with its own tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.wukongsite.backup.place import SEED, Place

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def test_the_same_site_in_another_database(postgresql: Server, tmp_path: Path) -> None:
    for name in ("site", "moved"):
        (tmp_path / name).mkdir()
    site = Place(tmp_path / "site", postgresql.database("site"))
    there = Place(tmp_path / "moved", postgresql.database("moved"))
    site.python(SEED)
    kept = tmp_path / "all.tar"
    site.manage("backup", kept)
    there.manage("restore", kept)
    assert there.rows() == site.rows()
    assert there.files() == site.files()
    assert there.manage("check_data").stdout == "All goes together.\n"
    site.python("from finetune.models import Team; Team.objects.update(name='Beech'); print('1')")
    site.manage("restore", kept, "--replace")
    assert there.rows() == site.rows()


def test_a_backup_of_sqlite_is_refused(postgresql: Server, tmp_path: Path) -> None:
    for name in ("site", "moved"):
        (tmp_path / name).mkdir()
    site = Place(tmp_path / "site")
    site.manage("migrate")
    site.manage("backup", tmp_path / "all.tar")
    there = Place(tmp_path / "moved", postgresql.database("refused"))
    refused = there.manage("restore", tmp_path / "all.tar", check=False)
    assert "The backup is of a sqlite database" in refused.stderr
