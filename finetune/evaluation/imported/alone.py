"""What a config may say that came alone, from somebody else: no files beside it, no code.

Templates are values in gaps with a few filters, so filling them in takes time and room in
proportion to their length. Knows nothing of models.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from jinja2 import TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from finetune.training.exceptions import BadData
from finetune.training.problems import texts_in

FILE = "file://"
MOST_LEVELS = 32
PLAIN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Filter,
)
FILTERS = frozenset(
    ("upper", "lower", "trim", "title", "capitalize", "length", "first", "last", "join", "default",
     "tojson", "dump", "safe", "string", "int", "float", "round")
)  # fmt: skip


class PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for more than fits into memory.

    Nor does it nest deeper than any config: how deep Python can go depends on who calls.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias and what is too deep. Raises yaml.YAMLError."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"the alias *{event.anchor}; write out what it stands for")
        if self.depth >= MOST_LEVELS:
            raise yaml.YAMLError(f"nested more than {MOST_LEVELS} levels deep")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def alone_check(path: Path, config: Mapping[str, Any]) -> None:
    """Look through a Promptfoo config.

    Raises:
        BadData: it names a file, or a template of it has more than values in gaps.
    """
    for text in texts_in(config):
        if text.startswith(FILE):
            raise BadData(f"{path} names {text[:80]}: put what that file holds into the config.")
    tests = config.get("tests")
    for one in tests if isinstance(tests, list) else [tests]:
        if isinstance(one, str):
            raise BadData(f"{path} names tests in {one[:80]}: put them into the config.")
    default = config.get("defaultTest")
    asserting = [default, *(tests if isinstance(tests, list) else [tests])]
    asserts = [one.get("assert") for one in asserting if isinstance(one, Mapping)]
    for text in texts_in([config.get("prompts"), asserts]):
        template_check(path, text)


def template_check(path: Path, text: str) -> None:
    """Refuse a template with more than values in gaps. Raises BadData."""
    if "{{" not in text and "{%" not in text:
        return
    try:
        found = SandboxedEnvironment().parse(text)
    except TemplateError as error:
        raise BadData(f"{path}: {text!r:.60} is no template ({error})") from error
    for node in [found, *found.find_all(nodes.Node)]:
        plain = isinstance(node, PLAIN)
        if not plain or (isinstance(node, nodes.Filter) and node.name not in FILTERS):
            what = node.name if isinstance(node, nodes.Filter) else type(node).__name__
            raise BadData(
                f"{path}: {text!r:.60} computes something ({what}). Only values in gaps, as "
                "{{name}}, are filled in here."
            )


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Leave what takes longer, in the main thread; 0: let it take its time.

    Raises:
        TimeoutError: it took longer, with `what` in words.
    """
    if not seconds:
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"{what} takes longer than {seconds:g} s.")

    before = signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
