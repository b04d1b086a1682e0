"""A backup brought back is the same site; a bad one changes nothing; what does not go together."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from tests.wukongsite.backup.place import SEED, Place
from wukongsite.backup.restoring import backup_read

pytestmark = [pytest.mark.processes, pytest.mark.django_db]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A site with a base, a checked data set, a run and its assistant."""
    folder = tmp_path_factory.mktemp("backup") / "site"
    folder.mkdir()
    made = Place(folder)
    made.python(SEED)
    return made


@pytest.fixture(scope="module")
def kept(site: Place) -> Path:
    """One backup for all that is done to it."""
    path = site.folder.parent / "good.tar"
    site.manage("backup", path)
    return path


def other(site: Place, name: str) -> Place:
    """A data folder beside it."""
    folder = site.folder.parent / name
    folder.mkdir()
    return Place(folder)


def test_the_same_site_in_another_place(site: Place) -> None:
    kept = site.folder.parent / "all.tar.gz"
    words = site.manage("backup", kept).stdout
    assert "files" in words
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    there = other(site, "moved")
    there.manage("restore", kept)
    assert there.rows() == site.rows()
    assert there.files() == site.files()
    assert there.manage("check_data").stdout == "All goes together.\n"
    before = [entry for entry in site.audited() if not entry[0].startswith("backup.")]
    assert before
    assert site.audited()[-1] == ["backup.made", "all.tar.gz", "command"]
    assert there.audited() == [*before, ["backup.restored", "all.tar.gz", "command"]]
    [run] = (there.folder / "runs").iterdir()
    assistant = json.loads((there.folder / "assistants" / f"{run.name}.json").read_text())
    assert Path(assistant["adapter"]) == run / "adapter"
    assert Path(assistant["base"]).is_relative_to(there.folder)
    config = json.loads((run / "config.json").read_text())
    assert Path(config["base_model"]).is_relative_to(there.folder)


def test_a_site_is_replaced_only_when_asked_and_nothing_is_lost(site: Place, kept: Path) -> None:
    there = other(site, "replaced")
    there.manage("restore", kept)
    rows = there.rows()
    there.python(
        "from finetune.models import Team; Team.objects.update(name='Beech')\n"
        "from django.conf import settings; (settings.DATA_DIR / 'datasets' / 'new').mkdir()\n"
        "(settings.DATA_DIR / 'datasets' / 'new' / 'file').write_text('mine')\nprint('null')"
    )
    refused = there.manage("restore", kept, check=False)
    assert refused.returncode
    assert "--replace" in refused.stderr
    assert there.rows() != rows
    words = there.manage("restore", kept, "--replace").stdout
    assert there.rows() == rows
    *_, aside = sorted(there.folder.glob("before-restore-*"))
    assert str(aside) in words
    assert (aside / "datasets" / "new" / "file").read_text() == "mine"
    assert (aside / "studio.sqlite3").is_file()


def test_bases_may_be_left_out(site: Place) -> None:
    kept = site.folder.parent / "small.tar"
    site.manage("backup", kept, "--without-bases")
    with tarfile.open(kept) as archive:
        assert not [name for name in archive.getnames() if "base-models" in name]
    there = other(site, "small")
    there.manage("restore", kept)
    found = there.manage("check_data", check=False)
    assert found.returncode == 1
    assert "is missing; base tiny needs it" in found.stdout


def damaged(kept: Path, how: str) -> Path:
    """The same backup, with something wrong."""
    bad = kept.with_name(f"{how}.tar")
    if how == "cut":
        bad.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
        return bad
    if how == "no-archive":
        bad.write_text("hello")
        return bad
    with tarfile.open(kept) as source, tarfile.open(bad, "w") as target:
        for entry in source.getmembers():
            content = source.extractfile(entry).read() if entry.isfile() else b""  # type: ignore[union-attr]
            if how == "without-manifest" and entry.name == "manifest.json":
                continue
            if entry.name == "manifest.json":
                values = json.loads(content)
                if how == "newer":
                    values["migrations"].append(["finetune", "9999_tomorrow"])
                if how == "other-database":
                    values["database"] = "postgresql"
                content = json.dumps(values).encode()
            if how == "changed" and entry.name.endswith("train.jsonl"):
                content = content.replace(b"Day", b"Dye")
            if how == "outside" and entry.name == "database":
                entry.name = "../../outside"
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return bad


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "cannot be unpacked"),
        ("no-archive", "cannot be unpacked"),
        ("without-manifest", "no backup"),
        ("newer", "finetune.9999_tomorrow"),
        ("other-database", "postgresql"),
        ("changed", "damaged"),
        ("outside", "cannot be unpacked"),
    ],
)
def test_a_bad_backup_changes_nothing(
    kept: Path, tmp_path: Path, settings: Any, how: str, words: str
) -> None:
    settings.DATA_DIR = tmp_path / "here"
    settings.DATA_DIR.mkdir()
    (settings.DATA_DIR / "studio.sqlite3").write_text("mine")
    with pytest.raises(CommandError, match=words) as refused:
        backup_read(damaged(kept, how))
    assert "Nothing has changed" in str(refused.value)
    assert [path.name for path in settings.DATA_DIR.rglob("*")] == ["studio.sqlite3"]
    assert not (tmp_path / "outside").exists()


def test_what_does_not_go_together_is_told_and_put_aside(site: Place, kept: Path) -> None:
    there = other(site, "damaged")
    there.manage("restore", kept)
    [data] = (there.folder / "datasets").iterdir()
    lost = [there.folder / name for name in ("runs/ftjob-lost", "datasets/file-lost")]
    for folder in lost:
        folder.mkdir()
        (folder / "file").write_text("x")
    nobody = there.folder / "assistants" / "ftjob-lost.json"
    nobody.write_text(json.dumps({"adapter": None}))
    [assistant] = (there.folder / "assistants").glob("ftjob-[!l]*.json")
    assistant.unlink()
    (data / "train.jsonl").rename(data / "elsewhere")
    told = there.manage("check_data", check=False)
    assert told.returncode == 1
    for one in (*lost, nobody):
        assert f"{one}: belongs to no" in told.stdout
        assert one.exists()
    assert f"{assistant.stem}: not offered to talk to" in told.stdout
    mended = there.manage("check_data", "--mend", check=False)
    assert f"{data / 'train.jsonl'}: is missing" in mended.stdout
    assert "(somebody has to decide)" in mended.stdout
    assert mended.returncode == 1
    assert "5 found, 1 left." in mended.stdout
    assert assistant.is_file()
    [aside] = there.folder.glob("orphans-*")
    assert (aside / "runs" / "ftjob-lost" / "file").read_text() == "x"
    (data / "elsewhere").rename(data / "train.jsonl")
    assert there.manage("check_data").stdout == "All goes together.\n"
