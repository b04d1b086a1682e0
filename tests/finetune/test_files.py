"""A file is written whole or not at all."""

import pytest

from finetune.files import write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "state.json"
    write_whole(path, "old")
    write_whole(path, "new: “é”")
    assert path.read_text(encoding="utf-8") == "new: “é”"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_one_and_no_half(tmp_path):
    path = tmp_path / "state.json"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half a surrogate pair: \ud800")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "a folder is in the way")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}*"))
