"""Each dialogue of a checked file is found again by its line, in the part it was put into."""

import json

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.places import Places


def test_every_dialogue_is_found_by_its_line(tmp_path):
    path = tmp_path / "upload"
    lines = []
    for number in range(60):
        said = {"role": "assistant", "content": f"Nummer {number}, 夜里好。"}
        talk = {"messages": [{"role": "user", "content": f"{number}?"}, said]}
        lines.append("{broken" if number % 7 == 3 else json.dumps(talk, ensure_ascii=False))
    path.write_text("\n".join(lines))
    report = examine(path, tmp_path / "out", Options(validation_fraction=0.3))
    places = Places(tmp_path / "out" / "places")
    assert places.count == report.dialogues == 51
    held_out = 0
    for number, line in enumerate(lines):
        place = places.of_line(number + 1)
        if line == "{broken":
            assert place is None
            continue
        held_out += place.held_out
        name = "validation.jsonl" if place.held_out else "train.jsonl"
        with (tmp_path / "out" / name).open("rb") as handle:
            handle.seek(place.start)
            assert json.loads(handle.readline()) == json.loads(line)
    assert held_out == report.validation.dialogues > 0
    assert [one.line for one in places.every(block=7)] == sorted(one.line for one in places.every())
    assert places.of_line(0) is None
    assert places.of_line(61) is None
