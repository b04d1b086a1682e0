"""The data set doctor: examine an upload, report every bad line, write the split.

    report = examine(path, out_dir, Options(seed=7), tokenizer_path)

writes `train.jsonl`, `validation.jsonl`, `problems.jsonl` and `report.json` into `out_dir`, all
or none. The file is read once, record by record; memory holds a hash and a length for each
dialogue and the first problems. Knows nothing of Django or training.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from finetune.datasets.doctor.checks import check_messages, exact_print, near_print
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Conversion, Dialogue
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.problems import ProblemLog, printable
from finetune.datasets.doctor.recognising import recognise
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.splitting import held_out
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.records import read_records
from finetune.datasets.reading.sniffing import Sniffed, sniff

Count = Callable[[str], int]
MOST_KEYS = 100  # different keys beside the dialogue that are named


def examine(
    path: Path,
    out_dir: Path,
    options: Options | None = None,
    tokenizer_path: Path | None = None,
) -> Report:
    """Examine an uploaded file and write its split.

    Args:
        path: the upload.
        out_dir: folder for the four files; made if needed. Files of the same names are replaced.
        options: format, mapping, split and limits.
        tokenizer_path: a `tokenizer.json` or the folder that holds one; None guesses a token
            for every four bytes.

    Returns:
        The report, also written as `report.json`.

    Raises:
        DatasetRefused: the file as a whole cannot be used; nothing is left in `out_dir`.
        OSError: the disk is full or `out_dir` cannot be written.
    """
    options = options or Options()
    path, out_dir = Path(path), Path(out_dir)
    sniffed = sniff(path, options.limits)
    existed = out_dir.exists()
    out_dir.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".examining-", dir=out_dir))
    try:
        count, tokens = _counter(tokenizer_path)
        control_tokens = ControlTokens((*tokens, *options.control_tokens))
        examination = _Examination(path, work, sniffed, options, count, control_tokens)
        report = examination.run()
        (work / "report.json").write_text(report.to_json(), encoding="utf-8")
        for name in ("train.jsonl", "validation.jsonl", "problems.jsonl", "report.json"):
            os.replace(work / name, out_dir / name)
        return report
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        if not existed:
            shutil.rmtree(out_dir, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _counter(tokenizer_path: Path | None) -> tuple[Count | None, list[str]]:
    """How to count tokens, and the special tokens of the tokenizer that does it."""
    if tokenizer_path is None:
        return None, []
    from tokenizers import Tokenizer

    file = Path(tokenizer_path)
    tokenizer = Tokenizer.from_file(str(file / "tokenizer.json" if file.is_dir() else file))
    added = tokenizer.get_added_tokens_decoder().values()
    special = [token.content for token in added if token.special]
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids), special


class _Examination:
    """One reading of one file."""

    def __init__(
        self,
        path: Path,
        work: Path,
        sniffed: Sniffed,
        options: Options,
        count: Count | None,
        control_tokens: ControlTokens,
    ) -> None:
        self._path = path
        self._work = work
        self._sniffed = sniffed
        self._options = options
        self._limits = options.limits
        self._count = count
        self._control_tokens = control_tokens
        self._exact: dict[bytes, int] = {}  # print -> line of the first dialogue with it
        self._near: dict[bytes, int] = {}
        self._unused: Counter[str] = Counter()
        self._prints = bytearray()  # 16 bytes for each kept dialogue, in order
        self._lengths = array("l")
        self._turns = array("l")
        self._roles: Counter[str] = Counter()
        self.report = Report(
            container=sniffed.container,
            bytes=path.stat().st_size,
            tokens_estimated=count is None,
            seed=options.seed,
            validation_fraction=options.validation_fraction,
        )

    def run(self) -> Report:
        """Read everything, then split."""
        report = self.report
        records = read_records(self._path, self._sniffed, self._limits)
        with (
            (self._work / "all.jsonl").open("w", encoding="utf-8") as good,
            (self._work / "problems.jsonl").open("w", encoding="utf-8") as bad,
        ):
            log = ProblemLog(bad, report, self._limits)
            options = self._options
            head, form = recognise(records, report, options.format, options.mapping)
            conversion = Conversion(form, report, self._limits, log)
            for dialogue in conversion.dialogues(chain(head, records)):
                self._take(dialogue, good, log)
        report.problem_counts = dict(log.counts.most_common())
        report.roles = dict(self._roles)
        report.unused = [
            {"key": key, "records": count} for key, count in self._unused.most_common()
        ]
        report.turns = sum(self._turns)
        report.tokens = sum(self._lengths)
        report.measure(self._lengths.tolist())
        if report.dialogues == 0:
            first = report.problems[0] if report.problems else None
            why = f" The first problem, in line {first.line}: {first.reason}." if first else ""
            raise DatasetRefused(
                "no_usable_dialogue",
                f"None of the {report.records:,} records is a usable dialogue.{why}",
                first.fix if first else 'Give one {"messages": [...]} a line.',
                report,
            )
        if report.dialogues < self._limits.min_dialogues:
            raise DatasetRefused(
                "too_few_dialogues",
                f"{report.dialogues} usable dialogues; at least {self._limits.min_dialogues} "
                f"are needed ({report.errors} lines have problems, {report.duplicates} are "
                "duplicates).",
                "Add dialogues, or correct the lines with problems.",
                report,
            )
        self._split()
        (self._work / "all.jsonl").unlink()
        return report

    def _take(self, dialogue: Dialogue, good: TextIO, log: ProblemLog) -> None:
        """Check one dialogue, count it and write it, or report what is wrong with it."""
        report, line = self.report, dialogue.line
        try:
            clean = check_messages(dialogue.messages, self._limits)
        except RecordProblem as problem:
            log.error(line, problem)
            return
        exact, near = exact_print(clean), near_print(clean)
        if exact in self._exact:
            report.duplicates += 1
            same = RecordProblem(
                "duplicate",
                f"the same, letter by letter, as the dialogue in line {self._exact[exact]}",
                "Remove it; it is left out.",
            )
            log.warning(line, same)
            return
        if report.dialogues >= self._limits.max_dialogues:
            raise DatasetRefused(
                "too_many_dialogues",
                f"More than {self._limits.max_dialogues:,} dialogues.",
                "Split the file, or ask the administrator for a higher limit.",
                report,
            )
        if near in self._near:
            report.near_duplicates += 1
        for remark in self._remarks(clean, near):
            log.warning(line, remark)
        self._exact[exact] = line
        self._near.setdefault(near, line)
        self._prints += near
        self._lengths.append(sum(self._tokens(item["content"]) for item in clean))
        self._turns.append(len(clean))
        self._roles.update(item["role"] for item in clean)
        self._unused.update(self._named(dialogue.unused))
        report.dialogues += 1
        spoken = [item for item in clean if item["role"] != "system"]
        report.starts_with_assistant += spoken[0]["role"] == "assistant"
        report.ends_with_user += spoken[-1]["role"] == "user"
        if len(report.preview) < self._limits.preview:
            report.preview.append({"line": line, "messages": clean})
        good.write(json.dumps({"messages": clean}, ensure_ascii=False) + "\n")

    def _remarks(self, messages: list[dict[str, Any]], near: bytes) -> Iterator[RecordProblem]:
        """What is worth a look in a dialogue that is kept."""
        if near in self._near:
            yield RecordProblem(
                "near_duplicate",
                f"nearly the words of the dialogue in line {self._near[near]}",
                "It is kept, on the same side of the split. Remove one if they mean the same.",
            )
        places: dict[str, list[int]] = {}
        for index, message in enumerate(messages, 1):
            for token in self._control_tokens.found_in(message["content"]):
                places.setdefault(token, []).append(index)
        if places:
            first = min(min(indexes) for indexes in places.values())
            yield RecordProblem(
                "control_token",
                f"message {first} holds text that models use as control tokens: "
                f"{', '.join(list(places)[:5])}",
                "It is trained as plain text. Remove it where it was left by an export.",
            )

    def _named(self, keys: list[str]) -> Iterator[str]:
        """Keys as they are counted: printable, and not without end."""
        for key in keys:
            name = printable(key[:60])
            known = name in self._unused or len(self._unused) < MOST_KEYS
            yield name if known else "(other keys)"

    def _tokens(self, text: str) -> int:
        if self._count is not None:
            return self._count(text)
        return -(-len(text.encode("utf-8")) // 4)

    # Splitting

    def _split(self) -> None:
        """Write the two files, each in the order of the upload."""
        report = self.report
        options = self._options
        chosen = held_out(self._prints, options.seed, options.validation_fraction)
        with (
            (self._work / "all.jsonl").open(encoding="utf-8", newline="\n") as lines,
            (self._work / "train.jsonl").open("w", encoding="utf-8") as train,
            (self._work / "validation.jsonl").open("w", encoding="utf-8") as validation,
        ):
            for index, line in enumerate(lines):
                held = index in chosen
                (validation if held else train).write(line)
                part = report.validation if held else report.train
                part.dialogues += 1
                part.turns += self._turns[index]
                part.tokens += self._lengths[index]
