"""The data set doctor: examine an upload, report every bad line, write the split.

    report = examine(path, out_dir, Options(seed=7), tokenizer_path)

writes `train.jsonl`, `validation.jsonl`, `problems.jsonl` and `report.json` into `out_dir`, all
or none. The file is read once, record by record; memory holds a hash and a length for each
dialogue and the first problems. Knows nothing of Django or training.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from finetune.datasets.checks import check_messages, fingerprint, is_formula
from finetune.datasets.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.formats import (
    FORMATS,
    MAPPING_KEYS,
    Format,
    detect,
    get_format,
    known_columns,
    merged,
)
from finetune.datasets.limits import Limits
from finetune.datasets.reading import Read, read_records
from finetune.datasets.report import Problem, Report
from finetune.datasets.sniffing import Sniffed, sniff

SEARCHED = 50  # records looked at to recognise the format
Count = Callable[[str], int]


@dataclass(frozen=True)
class Options:
    """How to examine a file.

    Attributes:
        format: a name in `FORMATS`; None recognises it from the content.
        mapping: for tables, role or "group" -> column name.
        seed: seed of the split.
        validation_fraction: share of the dialogues held out, 0 to 0.9.
        limits: bounds of what is read.
    """

    format: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    seed: int = 7
    validation_fraction: float = 0.1
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.validation_fraction <= 0.9:
            raise ValueError("validation_fraction must be between 0 and 0.9")
        unknown = set(self.mapping) - set(MAPPING_KEYS)
        if unknown:
            raise ValueError(
                f"mapping: unknown {', '.join(sorted(unknown))}; known: {', '.join(MAPPING_KEYS)}"
            )


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
        examination = _Examination(path, work, sniffed, options, _counter(tokenizer_path))
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


def _counter(tokenizer_path: Path | None) -> Count | None:
    if tokenizer_path is None:
        return None
    from tokenizers import Tokenizer

    file = Path(tokenizer_path)
    tokenizer = Tokenizer.from_file(str(file / "tokenizer.json" if file.is_dir() else file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


class _Examination:
    """One reading of one file."""

    def __init__(
        self, path: Path, work: Path, sniffed: Sniffed, options: Options, count: Count | None
    ) -> None:
        self._path = path
        self._work = work
        self._sniffed = sniffed
        self._options = options
        self._limits = options.limits
        self._count = count
        self._seen: set[bytes] = set()
        self._groups: set[bytes] = set()
        self._prints = bytearray()  # 16 bytes for each kept dialogue, in order
        self._lengths = array("l")
        self._turns = array("l")
        self._counts: Counter[str] = Counter()
        self._roles: Counter[str] = Counter()
        self._written = 0
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
            head, form = self._recognised(records)
            for line, messages in self._dialogues(form, head, records, bad):
                self._take(line, messages, good, bad)
        report.problem_counts = dict(self._counts.most_common())
        report.roles = dict(self._roles)
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

    # Recognising

    def _recognised(self, records: Iterator[Read]) -> tuple[list[Read], Format]:
        """Read the first records and decide on a format and, for tables, a mapping."""
        head: list[Read] = []
        sample: dict[str, Any] | None = None
        found: Format | None = None
        for read in records:
            head.append(read)
            if isinstance(read.value, dict):
                sample = sample or read.value
                found = found or detect(read.value)
            if found or len(head) >= SEARCHED:
                break
        options = self._options
        if options.mapping:
            form = FORMATS["table"]
        elif options.format:
            form = get_format(options.format)
        elif found is not None:
            form = found
        else:
            form = self._unrecognised(sample)
        if form.name == "table":
            self._map(sample or {})
        self.report.format, self.report.format_title = form.name, form.title
        return head, form

    def _unrecognised(self, sample: dict[str, Any] | None) -> Format:
        if sample is None:  # nothing but bad lines: they will be reported as such
            return FORMATS["openai"]
        self.report.columns = [str(name) for name in sample][:200]
        names = ", ".join(self.report.columns[:20])
        if self._sniffed.container == "csv":
            raise DatasetRefused(
                "missing_columns",
                f"It is not clear which columns hold the two sides. Columns: {names[:300]}.",
                'Map them, for example {"user": "question", "assistant": "answer"}.',
                self.report,
            )
        if "role" in sample and "content" in sample:
            raise DatasetRefused(
                "unknown_format",
                "These are single messages, not dialogues.",
                'Put the messages of a dialogue together: {"messages": [...]}.',
            )
        # Otherwise examine as messages, so that every line is reported by name.
        return FORMATS["openai"]

    def _map(self, sample: dict[str, Any]) -> None:
        mapping = dict(self._options.mapping) or known_columns(sample) or {}
        self.report.columns = [str(name) for name in sample][:200]
        missing = [name for name in mapping.values() if sample and name not in sample]
        if (
            "user" not in mapping
            or "assistant" not in mapping
            or (missing and self._sniffed.container == "csv")
        ):
            what = (
                f"There is no column {', '.join(missing)}."
                if missing
                else ("It is not clear which columns hold the two sides.")
            )
            raise DatasetRefused(
                "missing_columns",
                f"{what} Columns: {', '.join(self.report.columns)[:300] or '(none)'}.",
                'Map them, for example {"user": "question", "assistant": "answer"}.',
                self.report,
            )
        self.report.mapping = mapping

    # Reading

    def _dialogues(
        self, form: Format, head: list[Read], rest: Iterator[Read], bad: TextIO
    ) -> Iterator[tuple[int, list[Any]]]:
        """Yield converted dialogues; rows of one group are put together."""
        group_column = self.report.mapping.get("group")
        pending: list[Any] = []
        started, group = 0, None
        for read in _chained(head, rest):
            self.report.records += 1
            try:
                messages = self._converted(form, read, bad)
            except RecordProblem as problem:
                self._problem(read.line, problem, bad)
                continue
            if group_column is None:
                yield read.line, messages
                continue
            key = str(read.value.get(group_column, ""))
            if key and key == group and len(pending) < self._limits.max_turns * 2:
                pending += [item for item in messages if item["role"] != "system"]
                continue
            if pending:
                yield started, pending
            pending, started, group = messages, read.line, key
            self._note_group(key, read.line, bad)
        if pending:
            yield started, pending

    def _converted(self, form: Format, read: Read, bad: TextIO) -> list[Any]:
        if isinstance(read.value, RecordProblem):
            raise read.value
        if not isinstance(read.value, dict):
            raise RecordProblem(
                "data_type",
                f"a {type(read.value).__name__} where an object is needed",
                f"Write {form.help}",
            )
        if self._sniffed.container == "csv":
            cells = [name for name, cell in read.value.items() if is_formula(cell)]
            if cells:
                note = RecordProblem(
                    "formula",
                    f"the cell {cells[0]!r:.60} starts like a spreadsheet formula",
                    "It is kept as text; exports put a quotation mark before it.",
                )
                self._problem(read.line, note, bad, severity="warning")
        messages = form.convert(read.value, self.report.mapping)
        return merged(messages) if form.merges else messages

    def _note_group(self, key: str, line: int, bad: TextIO) -> None:
        mark = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8]
        if key and mark in self._groups:
            note = RecordProblem(
                "group_not_together",
                f"the conversation {key!r:.60} continues after others",
                "Sort the table by conversation; these rows became a dialogue of their own.",
            )
            self._problem(line, note, bad, severity="warning")
        self._groups.add(mark)

    def _take(self, line: int, messages: list[Any], good: TextIO, bad: TextIO) -> None:
        """Check one dialogue, count it and write it, or report what is wrong with it."""
        report = self.report
        try:
            clean = check_messages(messages, self._limits)
            mark = fingerprint(clean)
            if mark in self._seen:
                report.duplicates += 1
                raise RecordProblem(
                    "duplicate", "the same words as a dialogue before", "Remove it; it is left out."
                )
        except RecordProblem as problem:
            severity = "warning" if problem.check == "duplicate" else "error"
            self._problem(line, problem, bad, severity=severity)
            return
        if report.dialogues >= self._limits.max_dialogues:
            raise DatasetRefused(
                "too_many_dialogues",
                f"More than {self._limits.max_dialogues:,} dialogues.",
                "Split the file, or ask the administrator for a higher limit.",
                report,
            )
        self._seen.add(mark)
        self._prints += mark
        self._lengths.append(sum(self._tokens(item["content"]) for item in clean))
        self._turns.append(len(clean))
        self._roles.update(item["role"] for item in clean)
        report.dialogues += 1
        spoken = [item for item in clean if item["role"] != "system"]
        report.starts_with_assistant += spoken[0]["role"] == "assistant"
        if len(report.preview) < self._limits.preview:
            report.preview.append({"line": line, "messages": clean})
        good.write(json.dumps({"messages": clean}, ensure_ascii=False) + "\n")

    def _tokens(self, text: str) -> int:
        if self._count is not None:
            return self._count(text)
        return -(-len(text.encode("utf-8")) // 4)

    def _problem(
        self, line: int, problem: RecordProblem, bad: TextIO, *, severity: str = "error"
    ) -> None:
        report = self.report
        self._counts[problem.check] += 1
        if severity == "error":
            report.errors += 1
        else:
            report.warnings += 1
        entry = Problem(line, problem.check, severity, _safe(problem.reason), _safe(problem.fix))
        if len(report.problems) < self._limits.reported_problems:
            report.problems.append(entry)
        if self._written < self._limits.max_problems:
            self._written += 1
            bad.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")

    # Splitting

    def _split(self) -> None:
        """Hold out the dialogues whose hashes rank first under the seed, in file order."""
        report = self.report
        count = report.dialogues
        wanted = round(self._options.validation_fraction * count)
        if self._options.validation_fraction > 0:
            wanted = min(max(1, wanted), count - 1)
        seed = str(self._options.seed).encode()
        ranks = sorted(
            range(count),
            key=lambda index: hashlib.sha256(
                seed + bytes(self._prints[16 * index : 16 * index + 16])
            ).digest(),
        )
        held_out = set(ranks[:wanted])
        with (
            (self._work / "all.jsonl").open(encoding="utf-8", newline="\n") as lines,
            (self._work / "train.jsonl").open("w", encoding="utf-8") as train,
            (self._work / "validation.jsonl").open("w", encoding="utf-8") as validation,
        ):
            for index, line in enumerate(lines):
                held = index in held_out
                (validation if held else train).write(line)
                part = report.validation if held else report.train
                part.dialogues += 1
                part.turns += self._turns[index]
                part.tokens += self._lengths[index]


def _chained(head: list[Read], rest: Iterator[Read]) -> Iterator[Read]:
    yield from head
    yield from rest


def _safe(text: str) -> str:
    """Make a text printable: halves of character pairs and control characters are shown."""
    return "".join(
        letter if letter.isprintable() or letter == " " else f"\\u{ord(letter):04x}"
        for letter in text
    )
