"""Reads the sentences that heads are fitted on and measured with.

They stand in `sentences/LANGUAGE_KIND/*.txt`, and those that nothing is tuned on in
`sentences/LANGUAGE_KIND_held_out/*.txt`. A file is made of parts:

    == suicide: means at hand
    one sentence or message a line
    first turn || second turn || third turn

The name before the colon is a class, `ordinary`, or several classes joined by `+`; what follows
says which kind of sentence it is. A line that starts with `#` is a comment.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "sentences"
ORDINARY = "ordinary"
TURN = " || "


@dataclass(frozen=True)
class Example:
    """One text with the classes it belongs to; none for an ordinary one."""

    turns: tuple[str, ...]
    classes: frozenset[str]
    kind: str

    @property
    def text(self) -> str:
        """The turns as `detection.units` puts them together."""
        return "\n".join(self.turns)


class SentencesError(ValueError):
    """A file of sentences cannot be read; the message names file and line."""


def examples(language: str, kind: str, *, held_out: bool = False) -> list[Example]:
    """All sentences of a language and kind, in the order of the files' names."""
    folder = FOLDER / f"{language}_{kind}{'_held_out' if held_out else ''}"
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise SentencesError(f"There are no sentences in {folder}.")
    return [example for path in files for example in read_file(path)]


def read_file(path: Path) -> list[Example]:
    found: list[Example] = []
    classes: frozenset[str] | None = None
    kind = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("=="):
            names, _, kind = line.removeprefix("==").partition(":")
            kind = kind.strip()
            classes = frozenset(name.strip() for name in names.split("+")) - {ORDINARY}
            if not kind or "" in classes:
                raise SentencesError(f"{path}, line {number}: write '== CLASS: kind'.")
        elif classes is None:
            raise SentencesError(f"{path}, line {number}: a sentence before the first '=='.")
        else:
            found.append(Example(tuple(line.split(TURN)), classes, kind))
    return found


def sha256_of(sentences: Iterable[Example]) -> str:
    """Changes with every sentence and class, not with their order."""
    lines = sorted(f"{'+'.join(sorted(each.classes))}\t{each.text}" for each in sentences)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
