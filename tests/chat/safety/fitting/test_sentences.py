"""The files of sentences: parts, classes, turns, and a hash that changes with them."""

from pathlib import Path

import pytest

from chat.safety.fitting.sentences import SentencesError, read_file, sha256_of

FILE = """# about
== suicide + eating: both at once
I want to be gone || and not to eat

== ordinary: weather
It rains.
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "file.txt"
    path.write_text(text)
    return path


def test_reads_classes_kinds_and_turns(tmp_path: Path) -> None:
    both, rain = read_file(written(tmp_path, FILE))
    assert both.classes == {"suicide", "eating"}
    assert both.text == "I want to be gone\nand not to eat"
    assert (rain.classes, rain.kind) == (frozenset(), "weather")


def test_the_hash_changes_with_a_class_and_not_with_the_order(tmp_path: Path) -> None:
    found = read_file(written(tmp_path, FILE))
    assert sha256_of(found) == sha256_of(reversed(found))
    other = read_file(written(tmp_path, FILE.replace("ordinary", "abuse")))
    assert sha256_of(found) != sha256_of(other)


@pytest.mark.parametrize("text", ["lost\n", "== suicide\nx\n", "== : kind\nx\n", "== a + : k\nx\n"])
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(SentencesError, match="line 1"):
        read_file(written(tmp_path, text))
