"""The table of formats in `docs/data.md`, made from the registry."""

from __future__ import annotations

from .form import Format
from .registry import FORMATS

HEAD = "| name | what | recognised by | written |\n|---|---|---|---|"


def table() -> str:
    """The table, in Markdown.

    >>> table().splitlines()[2][:26]
    '| `openai_dpo` | OpenAI DP'
    """
    return "\n".join([HEAD, *map(_row, FORMATS.values())])


def _row(form: Format) -> str:
    example = form.help.replace("...", "…").replace("|", "\\|")
    what = f"{form.title}: `{example}`" + (f"; {form.notes}" if form.notes else "")
    cells = (f"`{form.name}`", what, form.recognised, "yes" if form.write else "no")
    return f"| {' | '.join(cells)} |"
