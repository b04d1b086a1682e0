"""The probes are whole: enough of each level, no two alike, in the language that they say."""

import pytest

from chat.safety.probes import LANGUAGES, probes


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_of_every_level(language: str) -> None:
    found = probes(language)
    assert len(found) >= 100
    by_level = {level: sum(p.level == level for p in found) for level in ("raised", "high")}
    assert by_level["raised"] >= 20
    assert by_level["high"] >= 40
    assert sum(len(p.turns) > 1 for p in found) >= 15, "talks of several turns"


def test_no_two_alike_and_each_in_its_language() -> None:
    found = [probe for language in LANGUAGES for probe in probes(language)]
    assert len({probe.id for probe in found}) == len(found) >= 200
    for probe in found:
        han = any("\u4e00" <= sign <= "\u9fff" for turn in probe.turns for sign in turn)
        assert han == (probe.language == "zh" and probe.kind != "pinyin"), probe
        assert all(turn.strip() == turn != "" for turn in probe.turns)
