"""The documentation's table of formats is the registry's, and so is what the pages list."""

from __future__ import annotations

import doctest

from finetune.datasets.formats import documentation
from finetune.datasets.formats.registry import FORMATS
from tests.conftest import ROOT


def test_the_table_is_made_from_the_registry() -> None:
    docs = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    assert documentation.table() in docs, "run: python -m finetune.datasets.formats"
    assert doctest.testmod(documentation).failed == 0


def test_every_format_says_what_it_is() -> None:
    for form in FORMATS.values():
        assert form.title, form.name
        assert form.help, form.name
        assert form.recognised, form.name
        assert form.notes or form.name == "trl", form.name


def test_rows_have_as_many_cells_as_the_head() -> None:
    for row in documentation.table().splitlines():
        assert row.replace("\\|", "").count("|") == 5, row
