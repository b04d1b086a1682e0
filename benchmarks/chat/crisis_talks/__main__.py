"""Plays 100 talks with crisis turns through a real studio, counts, and sets replies out to read.

    python -m benchmarks.chat.crisis_talks play OUT [--base FOLDER] [--adapter RUN/adapter]
    python -m benchmarks.chat.crisis_talks report OUT [--missed]
    python -m benchmarks.chat.crisis_talks sheet OUT [--assistants-only]
    python -m benchmarks.chat.crisis_talks count OUT

`play` starts broker, web process and engine, sends each talk through the API as a person of its
own, and appends it to `OUT/transcript.jsonl` once it is over; begun again, it plays what is
missing. `sheet` writes `OUT/sheet.md`; its reader writes `OUT/marks.txt`, which `count` counts.
OUT belongs below `var/`: the talks are our own, the replies are a model's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.chat.crisis_talks.playing import Row, play, rows_of
from benchmarks.chat.crisis_talks.reading import MARKS, count, sheet
from benchmarks.chat.crisis_talks.results import missed, report
from benchmarks.chat.crisis_talks.talks import FILES, Talk, talks
from benchmarks.chat.engine import BASE
from benchmarks.chat.studio import studio
from benchmarks.frame import ROOT

TRANSCRIPT = "transcript.jsonl"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat.crisis_talks")
    commands = parser.add_subparsers(dest="command", required=True)
    playing = commands.add_parser("play", help="send the talks and keep what is answered")
    playing.add_argument("--base", type=Path, default=BASE, help="folder of a base model")
    playing.add_argument("--adapter", type=Path, help="folder of a trained adapter")
    playing.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    playing.add_argument("--language", choices=tuple(FILES), help="only these talks")
    playing.add_argument("--about", help="only talks whose heading holds this")
    playing.add_argument("--limit", type=int, help="only the first so many of a language")
    playing.add_argument("--together", type=int, default=4, help="talks at the same time")
    reporting = commands.add_parser("report", help="count")
    reporting.add_argument("--missed", action="store_true", help="print grave turns it answered")
    setting = commands.add_parser("sheet", help="set replies out to read")
    setting.add_argument("--assistants-only", action="store_true")
    setting.add_argument("--seed", type=int, default=9)
    commands.add_parser("count", help="count a reader's marks")
    for command in commands.choices.values():
        command.add_argument("out", type=Path)
    return parser.parse_args()


def chosen(given: argparse.Namespace) -> list[Talk]:
    """The talks that are asked for."""
    found = []
    for language in [given.language] if given.language else FILES:
        own = [t for t in talks(language) if (given.about or "") in f"{t.category}, {t.kind}"]
        found += own[: given.limit]
    return found


def played(given: argparse.Namespace) -> None:
    given.out.mkdir(parents=True, exist_ok=True)
    transcript, wanted = given.out / TRANSCRIPT, chosen(given)
    about = str(given.adapter or given.base)
    rows = rows_of(transcript)
    if other := {row["assistant"] for row in rows} - {about}:
        raise SystemExit(f"{transcript} has replies of {', '.join(other)}: name another folder.")
    there = {row["talk"] for row in rows}
    missing = [talk for talk in wanted if talk.id not in there]
    print(f"{len(wanted) - len(missing)} of {len(wanted)} talks are there; {len(missing)} to play")
    if not missing:
        return
    with studio(base=given.base, adapter=given.adapter, encoders=given.encoders) as running:
        failed = play(missing, running, transcript, about=about, together=given.together)
    if failed:
        raise SystemExit("Play again for what failed:\n" + "\n".join(failed))


def known(out: Path) -> list[Row]:
    """The rows of talks as they are now; rows of talks that were changed since are left out."""
    ids = {talk.id for language in FILES for talk in talks(language)}
    rows = rows_of(out / TRANSCRIPT)
    kept = [row for row in rows if row["talk"] in ids]
    if not kept:
        raise SystemExit(f"{out / TRANSCRIPT} has no talks: play some first.")
    if len(kept) < len(rows):
        print(f"{len(rows) - len(kept)} rows of talks that were changed are left out")
    return kept


def main() -> None:
    given = arguments()
    if given.command == "play":
        played(given)
    elif given.command == "report":
        report(known(given.out))
        if given.missed:
            missed(known(given.out))
    elif given.command == "sheet":
        number = sheet(
            known(given.out), given.out, assistants_only=given.assistants_only, seed=given.seed
        )
        print(f"{number} replies to mark; write {given.out / MARKS}")
    else:
        try:
            lines = count(given.out)
        except ValueError as error:
            raise SystemExit(f"{given.out / MARKS}: {error}") from error
        for line in lines:
            print(*line, sep="\t")


if __name__ == "__main__":
    main()
