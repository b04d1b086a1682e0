"""Promptfoo's configs: prompts, variables and assertions of a YAML file. Providers are left aside:
the run answers.

Read are prompts in the file or in files beside it (text, or chat messages as JSON or YAML), tests
in the file or in YAML, JSON and JSONL files beside it, `defaultTest`, and variables with lists.
Knows nothing of models.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from finetune.files import json_lines
from finetune.training.dialogues.folding import Message
from finetune.training.exceptions import BadData

from .alone import FILE, PlainLoader, alone_check
from .cases import Case, Check, bounded

ROLES = ("system", "user", "assistant")


def promptfoo_cases(path: Path, *, alone: bool = False) -> list[Case]:
    """Read a config.

    Args:
        path: of the config.
        alone: it came alone from somebody else: no files beside it, no code in its templates.

    Raises:
        BadData: it is none, or names what cannot be read.
    """
    config = _loaded(path, path, PlainLoader if alone else yaml.SafeLoader)
    if not isinstance(config, Mapping) or "prompts" not in config:
        raise BadData(f"{path} is no config of Promptfoo: it has no prompts.")
    if alone:
        alone_check(path, config)
    return bounded(path, _cases(path, config))


def _cases(path: Path, config: Mapping[str, Any]) -> Iterator[Case]:
    prompts = [_prompt(path, one) for one in _listed(config["prompts"])]
    default = config.get("defaultTest") or {}
    tests = list(_tests(path, config.get("tests") or [{}]))
    line = 0
    for prompt, (number, test) in itertools.product(prompts, enumerate(tests, start=1)):
        variables = {**(default.get("vars") or {}), **(test.get("vars") or {})}
        asserts = [*(default.get("assert") or []), *(test.get("assert") or [])]
        for values in _combined(path, variables):
            line += 1
            yield Case(
                line,
                _messages(path, prompt, values),
                tuple(_check(path, one, values) for one in asserts),
                _number(test.get("threshold", default.get("threshold"))),
                str(test.get("description") or f"test {number}"),
            )


def _loaded(config: Path, path: Path, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """Read YAML, JSON or JSONL."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in json_lines(text) if line.strip()]
        return yaml.load(text, loader)  # noqa: S506 (safe loaders alone)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadData(f"{config}: {path.name} cannot be read ({error})") from error


def _beside(config: Path, name: str) -> Path:
    """Return a file that a config names; it has to lie beside it or below.

    Raises:
        BadData: it lies elsewhere.
    """
    folder = config.parent.resolve()
    path = (folder / name.removeprefix(FILE)).resolve()
    if not path.is_relative_to(folder):
        raise BadData(f"{config}: {name} lies outside of the config's folder.")
    return path


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _prompt(path: Path, one: Any) -> str:
    text = one
    if isinstance(one, Mapping):
        text = one.get("raw") or one.get("id") or ""
    text = str(text)
    if not text.startswith(FILE):
        return text
    named = _beside(path, text)
    try:
        return named.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: the prompt {named.name} cannot be read ({error})") from error


def _tests(path: Path, given: Any) -> Iterator[Mapping[str, Any]]:
    for one in _listed(given):
        if isinstance(one, str):
            named = _beside(path, one)
            if named.suffix not in (".yaml", ".yml", ".json", ".jsonl"):
                raise BadData(f"{path}: tests are read from YAML, JSON and JSONL, not {named.name}")
            yield from _tests(path, _loaded(path, named))
        elif isinstance(one, Mapping):
            yield one
        else:
            raise BadData(f"{path}: {one!r:.60} is no test.")


def _combined(path: Path, variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one set of values for each combination of what variables list."""
    known = {
        name: _loaded_text(path, value) if _is_file(value) else value
        for name, value in variables.items()
    }
    for values in itertools.product(*(_listed(value) for value in known.values())):
        yield dict(zip(known, values, strict=True))


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(FILE)


def _loaded_text(path: Path, name: str) -> Any:
    named = _beside(path, name)
    if named.suffix in (".yaml", ".yml", ".json"):
        return _loaded(path, named)
    try:
        return named.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: {named.name} cannot be read ({error})") from error


def filled(path: Path, text: str, values: Mapping[str, Any]) -> str:
    """Fill a template in. Raises BadData: it cannot be."""
    try:
        return SandboxedEnvironment().from_string(text).render(**values)
    except TemplateError as error:
        raise BadData(f"{path}: {text!r:.60} cannot be filled in ({error})") from error


def _messages(path: Path, prompt: str, values: Mapping[str, Any]) -> list[Message]:
    """Return a prompt as messages: as it lists them, or as what a user says."""
    text = filled(path, prompt, values)
    try:
        found = yaml.safe_load(text) if text.lstrip().startswith(("[", "- ")) else None
    except yaml.YAMLError:
        found = None
    if isinstance(found, list) and all(_is_message(one) for one in found) and found:
        return [{"role": one["role"], "content": one["content"]} for one in found]
    return [{"role": "user", "content": text}]


def _is_message(one: Any) -> bool:
    return (
        isinstance(one, Mapping)
        and one.get("role") in ROLES
        and isinstance(one.get("content"), str)
    )


def _check(path: Path, one: Any, values: Mapping[str, Any]) -> Check:
    if not isinstance(one, Mapping) or "type" not in one:
        raise BadData(f"{path}: {one!r:.60} is no assertion.")
    kind = str(one["type"])
    value = one.get("value")
    if isinstance(value, str):
        value = filled(path, value, values)
    elif isinstance(value, list):
        value = [filled(path, part, values) if isinstance(part, str) else part for part in value]
    return Check(
        kind.removeprefix("not-"),
        value,
        _number(one.get("threshold")),
        kind.startswith("not-"),
        float(one.get("weight", 1)),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
