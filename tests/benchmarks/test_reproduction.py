"""The studies of the reproduction: their settings can be used, and no dialogue is on two sides."""

import json

import pytest

from benchmarks.reproduction.data import PARTS, SETS, SHARED, TEST, VALIDATION, _split, prepare
from benchmarks.reproduction.tables import TABLES
from finetune.studies.design.cells import next_cells
from finetune.studies.design.settings import StudySettings
from quantum.adapters.registry import get_adapter

SHAPES = {
    f"model.layers.0.{place}": (out, inside)
    for place, out, inside in (
        ("self_attn.q_proj", 576, 576),
        ("self_attn.v_proj", 192, 576),
        ("self_attn.o_proj", 576, 576),
        ("mlp.down_proj", 576, 1536),
    )
}


@pytest.mark.parametrize("name", TABLES)
def test_every_run_of_a_table_has_settings_that_can_be_used(name):
    study = StudySettings.from_dict(TABLES[name].values())
    arms = study.arms_on(SHAPES)
    assert len(arms) > 1
    assert TABLES[name].data.partition(":")[0] in SETS
    by_name = {arm.name: arm for arm in arms}
    for cell in next_cells(study, arms, {}):
        settings = cell.settings(study, by_name[cell.arm])
        spec = get_adapter(settings.adapter)
        spec.build_config(settings.options, settings.targets)
        assert settings.precision == "bfloat16"


def test_dialogues_of_one_name_stay_on_one_side():
    named = [
        (str(number // 3), [{"role": "user", "content": str(number)}]) for number in range(900)
    ]
    parts = _split(named, "salt")
    sides = {
        part: {int(one[0]["content"]) // 3 for one in dialogues}
        for part, dialogues in parts.items()
    }
    assert [len(parts["validation"]), len(parts["test"])] == [VALIDATION, TEST]
    assert not sides["train"] & sides["test"]
    assert not sides["train"] & sides["validation"]
    assert not sides["validation"] & sides["test"]
    assert sides["train"] | sides["validation"] | sides["test"] <= set(range(300))


@pytest.mark.parametrize("name", SETS)
def test_the_public_data_are_split_without_overlap(name, tmp_path):
    if not SHARED.is_dir():
        pytest.skip(f"The public data sets are not here: {SHARED}")
    paths = prepare(name, tmp_path)
    lines = {part: paths[part].read_text(encoding="utf-8").splitlines() for part in PARTS}
    assert len(lines["test"]) == TEST
    assert not set(lines["train"]) & set(lines["test"])
    first = json.loads(lines["train"][0])["messages"]
    assert first[0]["role"] == "user"
    few = prepare(f"{name}:8", tmp_path)
    assert few["train"].read_text(encoding="utf-8").splitlines() == lines["train"][:8]
    assert few["test"].read_text() == paths["test"].read_text()
