"""What can be typed behind `manage.py studio`, and which function does it.

Imports nothing of the studio: `make run` parses its command line too.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, _SubParsersAction
from typing import Any, NoReturn

from django.core.management.base import CommandParser

Under = _SubParsersAction  # of a parser: where its subcommands are added
PLACE = "wukongsite.commandline"
LISTED = 20


class Arguments(CommandParser):
    """Where what was typed cannot be read, the exit status is 64: 2 says how a run ended."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        super().exit(os.EX_USAGE if status == 2 else status, message)


def subcommands_add(parser: Any) -> None:
    """Add all subcommands; none of them is needed."""
    areas = parser.add_subparsers(metavar="COMMAND", title="subcommands", parser_class=Arguments)
    datasets_add(areas)
    runs_add(areas)
    assistants = area(areas, "assistants", "Whom the team can talk to.")
    listed = leaf(
        assistants, "list", "assistants.assistants_list", "Tuned models, personas, bases."
    )
    limit_add(listed)
    talk = leaf(areas, "chat", "talk.talk", "Talk to an assistant; nothing said is stored.")
    talk.add_argument("assistant", help="A base, a tuned model (ft:…), a persona or a run's id.")
    talk.add_argument("--country", default="", help="Whose help lines are shown: two letters.")


def area(areas: Under[Any], name: str, words: str) -> Under[Any]:
    """A group of subcommands, one of which has to be named."""
    parser = areas.add_parser(name, help=words, description=words)
    made: Under[Any] = parser.add_subparsers(metavar="VERB", required=True, parser_class=Arguments)
    return made


def leaf(under: Under[Any], name: str, does: str, words: str) -> ArgumentParser:
    """A subcommand that is carried out, with the options that each of them has."""
    parser: ArgumentParser = under.add_parser(name, help=words, description=words)
    parser.set_defaults(does=f"{PLACE}.{does}")
    whose = parser.add_argument_group("whose work it is")
    whose.add_argument("--user", default="", help="Default: the only administrator.")
    whose.add_argument("--team", default="", help="Default: that person's only team.")
    parser.add_argument("--json", action="store_true", help="Print the API's objects.")
    return parser


def limit_add(parser: ArgumentParser) -> None:
    parser.add_argument("--limit", type=positive, default=LISTED, help=f"Default: {LISTED}.")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


positive.__name__ = "positive number"  # argparse names it in its refusal


def datasets_add(areas: Under[Any]) -> None:
    verbs = area(areas, "datasets", "Data sets of the team.")
    limit_add(leaf(verbs, "list", "datasets.datasets_list", "The newest first."))
    upload = leaf(verbs, "upload", "datasets.datasets_upload", "Keep a file and queue its check.")
    upload.add_argument("file", help="In any format that the studio reads.")
    upload.add_argument("--name", default="", help="Default: the file's.")
    upload.add_argument("--licence", default="", help="Under which terms it is used.")
    upload.add_argument("--speaker", default="", help="Of a transcript: who is the assistant.")
    upload.add_argument(
        "--consent",
        action="store_true",
        help="Of an exported chat: everybody who writes in it agreed that a model learns from it.",
    )
    upload.add_argument(
        "--wait",
        action="store_true",
        help="Until it is checked; exit status 1 if it cannot be used.",
    )
    show = leaf(verbs, "show", "datasets.datasets_show", "What is in one, and how it is split.")
    show.add_argument("id")
    findings = leaf(verbs, "findings", "datasets.datasets_findings", "What was found in one.")
    findings.add_argument("id")
    export = leaf(verbs, "export", "datasets.datasets_export", "Write the dialogues of one.")
    export.add_argument("id")
    export.add_argument("--format", default="", help="Default: the studio's own for its kind.")
    export.add_argument("--part", default="all", help="all, train or validation.")
    export.add_argument("-o", "--output", default="", help="A file. Default: standard output.")


def runs_add(areas: Under[Any]) -> None:
    verbs = area(areas, "runs", "Fine-tuning runs of the team.")
    limit_add(leaf(verbs, "list", "runs.runs_list", "The newest first."))
    start = leaf(verbs, "start", "starting.runs_start", "Queue a run.")
    settings_add(start)
    start.add_argument("--follow", action="store_true", help="Then follow it.")
    settings_add(leaf(verbs, "plan", "starting.runs_plan", "What a run would take; none is made."))
    follow = leaf(
        verbs,
        "follow",
        "following.runs_follow",
        "Show how a run gets on until it ends. Exit status: 0 succeeded, 1 failed, 2 cancelled, "
        "3 paused, 130 Ctrl-C; the run goes on then.",
    )
    follow.add_argument("id")
    follow.add_argument("--all", action="store_true", help="Begin with the run's first event.")
    for name, words in (
        ("show", "Its settings, state and result."),
        ("cancel", "Stop a run; its last checkpoint is kept."),
        ("pause", "Stop a run after its current step, to be resumed."),
        ("resume", "Go on with a paused run."),
    ):
        leaf(verbs, name, f"runs.runs_{name}", words).add_argument("id")
    log = leaf(verbs, "log", "runs.runs_log", "The end of a run's log, oldest first.")
    log.add_argument("id")
    limit_add(log)


def settings_add(parser: ArgumentParser) -> None:
    """What is chosen for a run; the names are those of the API."""
    parser.add_argument("--model", required=True, help="A base, or a tuned model to go on from.")
    parser.add_argument("--data", required=True, help="Id of the data set to learn from.")
    parser.add_argument("--validation", default=None, help="Id of held-out data.")
    parser.add_argument("--name", default=None, help="Of the run, and part of the model's name.")
    parser.add_argument("--preset", default=None, help="Where the settings start from.")
    parser.add_argument("--epochs", default=None, help="Passes over the data.")
    parser.add_argument("--priority", default=None, help="low, normal or high.")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="Any other setting, as often as needed: steps=40, adapter=qtha, "
        "adapter_options='{\"r\": 8}', targets=q_proj,v_proj. Names: docs/methods.md.",
    )
