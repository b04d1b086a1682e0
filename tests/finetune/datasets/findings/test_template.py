"""What each base's own template makes of dialogues that call tools, counted per base."""

import shutil

import pytest

from finetune.datasets.findings.page import row_of
from finetune.datasets.findings.process.order import Base
from finetune.datasets.formats.calls import said
from tests.finetune.datasets.formats.test_tools import TALK, TOOL
from tests.finetune.training.dialogues.tool_templates import QWEN

from .conftest import filler, lines

RECORD = {"messages": TALK, "tools": [TOOL]}


@pytest.fixture
def bases(tiny_model_dir, tmp_path):
    """One that has no words for tools, and one that has."""
    speaking = tmp_path / "speaking"
    shutil.copytree(tiny_model_dir, speaking)
    (speaking / "chat_template.jinja").write_text(QWEN)
    return (
        Base("tiny", "Tiny", str(tiny_model_dir), 2048, ("en",)),
        Base("speaking", "Speaking", str(speaking), 2048, ("en",)),
    )


def test_turns_of_tools_are_counted_for_each_base(found, bases):
    finding = found([filler(1), RECORD, filler(2), RECORD | {"tags": ["x"]}], bases=bases)[
        "template_fit"
    ]
    silent, speaking = finding.values["bases"]
    assert (silent["tool_dialogues"], silent["tool_turns"], silent["left_out"]) == (2, 6, {})
    assert (speaking["tool_dialogues"], speaking["tool_turns"]) == (0, 0)
    assert speaking["tokens"] > silent["tokens"]
    assert finding.count == 2
    assert lines(finding) == [2, 4]
    row = row_of(
        {"name": "template_fit", "values": finding.values, "count": 2, "share": 0.5, "read": 4,
         "total": 4, "listed": 2}
    )  # fmt: skip
    assert row.kinds == [("Tiny", 2)]
    assert "Tiny" in row.effect


def test_personal_data_inside_a_call_is_found(found):
    arguments = '{"to": "ada.byron@gmail.com"}'
    function = {"name": "send", "arguments": arguments}
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": function}]}
    mailed = {"messages": [TALK[0], call, *TALK[2:]]}
    finding = found([filler(1), mailed])["personal_data"]
    assert (finding.count, finding.values["kinds"]) == (1, {"EMAIL": 1})
    assert said(call) == f"send({arguments})"
