"""What the moderations endpoint reads texts by, with and without the engine's judge."""

from typing import Any

import pytest

from chat.api.moderations import found_in
from tests.chat.conftest import ScriptedEngine

TEXTS = ["I want to kill myself tonight.", "The tea is cold.", ""]


async def test_with_a_judge(engine: ScriptedEngine) -> None:
    findings, by_judge = await found_in(TEXTS)
    assert by_judge
    assert [bool(one.card) for one in findings] == [True, False, False]


@pytest.mark.parametrize("first", [TEXTS[0], ""])
async def test_the_rules_alone_where_nobody_judges(settings: Any, first: str) -> None:
    settings.JUDGE_URL = "http://127.0.0.1:9"
    findings, by_judge = await found_in([first, TEXTS[0]])
    assert not by_judge
    assert findings[1].category == "suicide"
