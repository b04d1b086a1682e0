"""The translators' files: whole, same placeholders, compiled, and of what the code says."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest
from django.core.management import call_command

from chat.safety.library.lines import COUNTRY_CHOICES
from chat.words import line_words
from finetune.datasets.formats.registry import FORMATS
from finetune.explorer.experiment.spec import backend_choices, families
from finetune.studies.statistics.sentence import SENTENCES
from finetune.training.computing.precision import REASONS
from finetune.training.dialogues.left_out import KINDS
from finetune.training.presets import PRESETS
from finetune.training.settings import CHOICES, RunSettings
from quantum.adapters.qgs.options import REMARKS as QGS_REMARKS
from quantum.adapters.qtha.options import REMARKS as QTHA_REMARKS
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS
from quantum.chips.published import published_72
from tests.conftest import ROOT
from wukongsite import format_words, library_words, study_words, trainer_words

FOLDER = ROOT / "wukongsite" / "locale" / "zh_Hans" / "LC_MESSAGES"
NAMES = {
    "Alpaca", "CPsyCoun", "ESConv", "OpenAI messages", "OpenQASM 2", "OriginIR", "QGS", "QTHA",
    "ShareGPT", "OpenAI Batch", "TRL", "Gemini", "OpenAssistant", "bfloat16", "float32",
    "OpenAI DPO", "Anthropic hh",
}  # fmt: skip
DOMAINS = ("django", "djangojs")
READ = ("chat", "finetune", "quantum", "static", "templates", "wukongsite")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}|</?\w+[^>]*>")


@pytest.fixture(params=DOMAINS)
def catalogue(request: pytest.FixtureRequest) -> Any:
    return polib.pofile(str(FOLDER / f"{request.param}.po"))


def translations(entry: Any) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_word_is_translated_and_none_is_a_guess(catalogue: Any) -> None:
    assert len(catalogue) > 20
    assert [entry.msgid for entry in catalogue if not all(translations(entry))] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []


def test_placeholders_and_marks_are_the_same(catalogue: Any) -> None:
    """Of a plural, Chinese has one form for all numbers: it takes those of the many."""
    for entry in catalogue:
        wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for words in translations(entry):
            assert sorted(PLACEHOLDER.findall(words)) == wanted, entry.msgid


def test_a_quote_cannot_end_an_attribute(catalogue: Any) -> None:
    """Words stand in attributes too, where templates do not escape what is translated."""
    for entry in catalogue:
        if '"' not in entry.msgid:
            assert not any('"' in words for words in translations(entry)), entry.msgid


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_file_says_what_the_translators_wrote(domain: str) -> None:
    wanted: dict[Any, str] = {}
    for entry in polib.pofile(str(FOLDER / f"{domain}.po")):
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            wanted |= {(key, at): words for at, words in entry.msgstr_plural.items()}
        else:
            wanted[key] = entry.msgstr
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    compiled.pop("", None)
    assert compiled == wanted, "Run `make messages`, which compiles them."


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_code_says_nothing_else(
    domain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """On a copy: the command writes files for a moment beside those that it reads."""
    for name in READ:
        left_out = shutil.ignore_patterns("__pycache__", "locale", "sentences")
        shutil.copytree(ROOT / name, tmp_path / "site" / name, ignore=left_out)
    words = tmp_path / "words"
    (words / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    settings.LOCALE_PATHS = [words]
    monkeypatch.chdir(tmp_path / "site")
    call_command("makemessages", locale=["zh_Hans"], domain=domain, verbosity=0)
    said = polib.pofile(str(words / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po"))
    known = polib.pofile(str(FOLDER / f"{domain}.po"))
    keys = [{(entry.msgctxt, entry.msgid) for entry in file} for file in (said, known)]
    assert keys[0] == keys[1], "Run `make messages` and translate what is new."


def test_every_country_and_time_of_the_help_lines_is_among_them() -> None:
    lines = [line for country in COUNTRY_CHOICES for line in country.lines]
    assert {country.name for country in COUNTRY_CHOICES} == set(line_words.COUNTRIES)
    assert {line.hours for line in lines} == set(line_words.HOURS)
    assert {line.text for line in lines if line.text} == set(line_words.TEXTS)


def test_what_the_libraries_say_is_among_them() -> None:
    """Names, and examples of a format, are the same in every language."""
    said = {*KINDS.values(), published_72().source}
    said |= {
        value.replace("_", " ")
        for name in ("scheduler", "precision", "sharding")
        for value in CHOICES[name]
    }
    said |= {*REASONS, *QGS_REMARKS.values(), *QTHA_REMARKS.values()}
    for pairs in (families(), backend_choices()):
        said |= {word for pair in pairs.values() for word in pair}
    for spec in ADAPTERS.values():
        said |= {spec.help, spec.controls.words if spec.controls else ""} | options_of(spec)
    for backend in BACKENDS.values():
        said |= {backend.title, backend.help} | options_of(backend)
    said |= {word for one in PRESETS.values() for word in (one.label, one.help)}
    said |= {word for one in FORMATS.values() for word in (one.title, one.help)}
    for field in RunSettings.model_fields.values():
        said |= {field.title or "", field.description or ""}
    words = {word for word in said - NAMES if re.search("[A-Za-z]{2}", word) and word[0] != "{"}
    assert words == {*library_words.WORDS, *format_words.WORDS}


def test_what_the_trainer_says_of_a_run_that_goes_wrong_is_among_them() -> None:
    """Each text that `sentence` is called with, where it is the trainer's."""
    said = set()
    for path in (ROOT / "finetune").rglob("*.py"):
        source = path.read_text()
        if "log.sentences import" not in source and "from .sentences import" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id == "sentence":
                said.add(ast.literal_eval(node.args[0]))
    assert len(said) > 20
    assert said == set(trainer_words.SENTENCES)


def test_what_a_study_found_is_among_them() -> None:
    assert set(SENTENCES.values()) == set(study_words.SENTENCES)


def options_of(spec: Any) -> set[str]:
    words = {word for one in spec.fields for word in (one.label, one.help)}
    return words | {meaning for one in spec.fields for _, meaning in one.choices}
