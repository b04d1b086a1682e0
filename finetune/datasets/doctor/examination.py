"""The data set doctor: examine an upload, report every bad line, write the split.

    report = examine(path, out_dir, Options(seed=7), tokenizer_path)

writes `train.jsonl`, `validation.jsonl`, `places` (where each dialogue stands, `places.py`),
`problems.jsonl` and `report.json` into `out_dir`, all or none. The file is read once, record by
record; memory holds two hashes and some numbers for each dialogue and the first problems. A long
file is read by processes of their own (`preparing/`) while this one compares and writes. Knows
nothing of Django or training.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.intake import Intake
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.places import place_packed
from finetune.datasets.doctor.preparing.apart import Order, prepare_apart, shared
from finetune.datasets.doctor.preparing.reading import prepare
from finetune.datasets.doctor.problems import ProblemLog
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.split.persons import with_persons
from finetune.datasets.doctor.split.splitting import held_out
from finetune.datasets.doctor.tallying import counting
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.records import Source, source_of
from finetune.datasets.reading.sniffing import sniff
from finetune.datasets.reading.watching import Watch

APART_BYTES = 1 << 25  # of a file, from which on a process of its own pays
LOOK_LINES = 1000  # of the split, between two looks of whoever watches

FILES = ("train.jsonl", "validation.jsonl", "places", "problems.jsonl", "report.json")


def examine(
    path: Path,
    out_dir: Path,
    options: Options | None = None,
    tokenizer_path: Path | None = None,
    watch: Watch | None = None,
    apart: bool | None = None,
) -> Report:
    """Examine an uploaded file and write its split.

    Args:
        path: the upload.
        out_dir: folder for the five files; made if needed. Files of the same names are replaced.
        options: format, mapping, split and limits.
        tokenizer_path: a `tokenizer.json` or the folder that holds one; None guesses a token
            for every four bytes.
        watch: told again and again how many bytes were read, of all of them while the split is
            written. What it raises breaks the examination off; nothing is left then.
        apart: whether processes of their own read; None has them read a long file.

    Returns:
        The report, also written as `report.json`.

    Raises:
        DatasetRefused: the file as a whole cannot be used; nothing is left in `out_dir`.
        OSError: the disk is full or `out_dir` cannot be written, or that process was killed.
    """
    options = options or Options()
    path, out_dir = Path(path), Path(out_dir)
    sniffed = sniff(path, options.limits, options.encoding)
    source = source_of(path, sniffed, options.limits, options.encoding, watch)
    existed = out_dir.exists()
    out_dir.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".examining-", dir=out_dir))
    try:
        if apart is None:
            apart = path.stat().st_size >= APART_BYTES and (os.cpu_count() or 1) > 1
        processes = shared(sniffed) if apart else 0
        report = _read(path, work, source, options, tokenizer_path, watch, processes)
        (work / "report.json").write_text(report.to_json(), encoding="utf-8")
        for name in FILES:
            os.replace(work / name, out_dir / name)
        return report
    except BaseException:
        if not existed:
            shutil.rmtree(out_dir, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read(
    path: Path,
    work: Path,
    source: Source,
    options: Options,
    tokenizer_path: Path | None,
    watch: Watch | None,
    processes: int,
) -> Report:
    """Read everything, then split."""
    limits = options.limits
    report = Report(
        container=source.container,
        packing=source.packing,
        encoding=source.encoding,
        members=list(source.members),
        left=list(source.left),
        bytes=path.stat().st_size,
        tokens_estimated=tokenizer_path is None,
        seed=options.seed,
        validation_fraction=options.validation_fraction,
        by_person=options.by_person,
    )
    with (
        (work / "all.jsonl").open("w", encoding="utf-8") as kept,
        (work / "problems.jsonl").open("w", encoding="utf-8") as bad,
    ):
        log = ProblemLog(bad, report, limits)
        intake = Intake(kept, log, report, limits)
        if processes:
            order = Order(path, options, tokenizer_path, report, processes=processes)
            prepare_apart(order, intake.take, watch)
        else:
            counts, special = counting(tokenizer_path)
            tokens = ControlTokens((*special, *options.control_tokens))
            prepare(source.records(), options, report, counts, tokens, intake.take)
    report.problem_counts = dict(log.counts.most_common())
    intake.tally.fill(report)
    _enough(report, limits)
    prints = intake.sides
    if options.by_person:
        prints, report.persons = with_persons(work / "all.jsonl", prints)
    chosen = held_out(prints, options.seed, options.validation_fraction)
    _split(work, report, chosen, intake, watch)
    return report


def _enough(report: Report, limits: Limits) -> None:
    """Check that there is something to learn from.

    Raises:
        DatasetRefused: `no_usable_dialogue` or `too_few_dialogues`.
    """
    if report.dialogues == 0:
        first = report.problems[0] if report.problems else None
        why = f" The first problem, in line {first.line}: {first.reason}." if first else ""
        raise DatasetRefused(
            "no_usable_dialogue",
            f"None of the {report.records:,} records is a usable dialogue.{why}",
            first.fix if first else 'Give one {"messages": [...]} a line.',
            report.to_dict(),
        )
    if report.dialogues < limits.min_dialogues:
        raise DatasetRefused(
            "too_few_dialogues",
            f"{report.dialogues} usable dialogues; at least {limits.min_dialogues} are needed "
            f"({report.errors} lines have problems, {report.duplicates} are duplicates).",
            "Add dialogues, or correct the lines with problems.",
            report.to_dict(),
        )


def _split(
    work: Path, report: Report, chosen: set[int], intake: Intake, watch: Watch | None
) -> None:
    """Write the two files, each in the order of the upload; `chosen` dialogues are held out."""
    starts = [0, 0]  # of the next dialogue in each
    with (
        (work / "all.jsonl").open("rb") as lines,
        (work / "train.jsonl").open("wb") as train,
        (work / "validation.jsonl").open("wb") as validation,
        (work / "places").open("wb") as places,
    ):
        for index, line in enumerate(lines):
            if watch is not None and not index % LOOK_LINES:
                watch(report.bytes)
            held = index in chosen
            places.write(place_packed(intake.lines[index], starts[held], held))
            (validation if held else train).write(line)
            starts[held] += len(line)
    tally, part = intake.tally, report.validation
    part.dialogues = len(chosen)
    part.turns = sum(tally.turns[index] for index in chosen)
    part.tokens = sum(tally.tokens[index] for index in chosen)
    report.train.dialogues = report.dialogues - part.dialogues
    report.train.turns = report.turns - part.turns
    report.train.tokens = report.tokens - part.tokens
