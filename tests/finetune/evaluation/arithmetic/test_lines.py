"""Problems in JSONL whose texts hold what Python takes for the end of a line."""

import json
from pathlib import Path

import pytest

from finetune.evaluation.arithmetic.problems import problems_read
from finetune.evaluation.given import json_check

ODD = ("\u2028", "\u2029", "\x85", "\x0c", "\x1c")


@pytest.mark.parametrize("sign", ODD, ids=ascii)
def test_a_sign_within_a_text_ends_no_line(tmp_path: Path, sign: str) -> None:
    row = {"question": f"Ann has 2 cups.{sign}She buys 3. How many?", "answer": "#### 5"}
    text = json.dumps(row, ensure_ascii=False) + "\n"
    path = tmp_path / "problems.jsonl"
    path.write_text(text * 2, encoding="utf-8")
    assert [one.question for one in problems_read(path)] == [row["question"]] * 2
    json_check("problems.jsonl", text, lines=True)
