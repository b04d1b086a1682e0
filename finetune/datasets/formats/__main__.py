"""`python -m finetune.datasets.formats` prints the table of formats for `docs/data.md`."""

from __future__ import annotations

from .documentation import table

print(table())
