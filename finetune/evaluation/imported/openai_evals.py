"""OpenAI's evals: exported ones of the Evals API, and samples of the open repository.

| form | fields |
|---|---|
| an eval with a run, JSON | `testing_criteria`; `data_source` with `input_messages` and `source` |
| samples, one a line | `input` (messages or text), `ideal` (one text or several) |

Graders of texts are judged (`string_check`, `text_similarity` by BLEU or ROUGE-L); those that ask a
model or run code are not. Knows nothing of models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finetune.files import json_lines
from finetune.training.dialogues.folding import Message
from finetune.training.exceptions import BadData

from .cases import Case, Check, bounded

OPERATIONS = {"eq": "equals", "ne": "equals", "like": "contains", "ilike": "icontains"}
SIMILARITY = {"bleu": "bleu", "rouge_l": "rouge-l"}
GAP = re.compile(r"{{\s*([\w.]+)\s*}}")
ROLES = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}


def openai_cases(path: Path) -> list[Case]:
    """Read an export, or samples.

    Raises:
        BadData: it is neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read ({error})") from error
    try:
        if path.suffix == ".jsonl":
            rows = (json.loads(line) for line in json_lines(text) if line.strip())
            return bounded(path, (_sample(at, row) for at, row in enumerate(rows, start=1)))
        return bounded(path, _exported(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadData(f"{path} is no eval of OpenAI's ({type(error).__name__}: {error})") from error


def _sample(number: int, row: Mapping[str, Any]) -> Case:
    """Return a sample of the open repository: the reply begins with an ideal answer (`Match`)."""
    ideal = row["ideal"] if isinstance(row["ideal"], list) else [row["ideal"]]
    pattern = r"\A\s*(?:" + "|".join(re.escape(str(one)) for one in ideal) + ")"
    return Case(number, _messages(row["input"], {}), (Check("regex", pattern),))


def _exported(values: Mapping[str, Any]) -> Iterator[Case]:
    """Yield the cases of an eval, of a run of it, or of both in one object."""
    plan = values.get("eval") or values
    run = values.get("run") or values
    source = run["data_source"]
    template = source["input_messages"]["template"]
    criteria = plan["testing_criteria"]
    content = source["source"]["content"]
    for number, row in enumerate(content, start=1):
        yield Case(
            number,
            _messages(template, {"item": row.get("item", row)}),
            tuple(_check(one, {"item": row.get("item", row)}) for one in criteria),
        )


def _messages(given: Any, values: Mapping[str, Any]) -> list[Message]:
    if isinstance(given, str):
        return [{"role": "user", "content": _filled(given, values)}]
    messages: list[Message] = []
    for one in given:
        content = one["content"]
        if isinstance(content, Mapping):
            content = content["text"]
        elif isinstance(content, list):
            content = "\n".join(part["text"] for part in content)
        messages.append({"role": ROLES[one["role"]], "content": _filled(content, values)})
    return messages


def _check(one: Mapping[str, Any], values: Mapping[str, Any]) -> Check:
    kind, said = one["type"], "{{sample.output_text}}"
    if kind == "string_check" and one["operation"] in OPERATIONS:
        sides = [re.sub(r"\s", "", one[name]) for name in ("input", "reference")]
        other = one["reference"] if sides[0] == said else one["input"]
        if said in sides:
            value = _filled(other, values)
            return Check(OPERATIONS[one["operation"]], value, negated=one["operation"] == "ne")
    if kind == "text_similarity" and one["evaluation_metric"] in SIMILARITY:
        value, least = _filled(one["reference"], values), one.get("pass_threshold")
        return Check(SIMILARITY[one["evaluation_metric"]], value, least)
    return Check(f"{kind} ({one.get('name') or one.get('evaluation_metric') or 'without a name'})")


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """Put values into their gaps, as `{{item.question}}`. Raises KeyError: there is none."""

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return GAP.sub(value, text)
