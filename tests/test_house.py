"""The house stays one that can be read: no long file, no full folder."""

import subprocess
from collections import Counter
from pathlib import PurePosixPath

import pytest

from tests.conftest import ROOT

PACKAGES = ("quantum", "finetune", "chat", "wukongsite", "benchmarks")
MOST_LINES = 300
MOST_FILES = 15


@pytest.fixture(scope="module")
def files():
    """What git keeps, and what it would be asked to keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout, so there is no list of its files")
    paths = [PurePosixPath(line) for line in listed.stdout.splitlines()]
    return [path for path in paths if (ROOT / path).is_file()]


def test_no_source_file_is_long(files):
    sources = [path for path in files if path.suffix == ".py" and path.parts[0] in PACKAGES]
    assert len(sources) > 300
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in sources}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_folder_is_full(files):
    folders = Counter(str(path.parent) for path in files if len(path.parts) > 1)
    assert {folder: number for folder, number in folders.items() if number > MOST_FILES} == {}
