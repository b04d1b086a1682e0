"""The house stays one that can be read: no long file, no full folder."""

from collections import Counter

from tests.conftest import ROOT

PACKAGES = ("quantum", "finetune", "chat", "wukongsite", "benchmarks")
OTHERS = ("tests", "templates", "static", "docs")
MOST_LINES = 300
MOST_FILES = 15


def files(*folders):
    """What stands below these folders, without what Python and editors leave there."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            hidden = any(
                part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts
            )
            if path.is_file() and not hidden:
                yield path


def test_no_source_file_is_long():
    sources = [path for path in files(*PACKAGES) if path.suffix == ".py"]
    assert len(sources) > 300
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_folder_is_full():
    """But for migrations: Django numbers them and looks in one place."""
    folders = Counter(
        str(path.parent) for path in files(*PACKAGES, *OTHERS) if path.parent.name != "migrations"
    )
    assert {folder: number for folder, number in folders.items() if number > MOST_FILES} == {}
