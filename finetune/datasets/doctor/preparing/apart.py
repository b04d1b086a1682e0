"""The same in processes of their own, so that a long file keeps more than one core at work.

A process gets an `Order` on its standard input and answers on its standard output: how many bytes
were read, the report once the format is recognised, batches, and at last None or what was raised.
Both sides are this program, so that pickles are as good as any other form, and fast.

Several share a file of JSON lines: its bytes are cut into blocks, a line belongs to the block in
which it begins, and the blocks are dealt out in turn. Each process runs over all lines and makes
something of its own; whoever asked takes one block of each in turn, so that what comes together is
what one alone would have sent.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import IO, Any

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.preparing.batches import Batch, Preparing
from finetune.datasets.doctor.preparing.reading import prepare
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import counting
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.records import read_records, source_of
from finetune.datasets.reading.sniffing import Sniffed, sniff
from finetune.datasets.reading.watching import Watch

PROCESSES = 2  # that share a file; two cores have then the same to do, with the one that asks
BLOCK_BYTES = 1 << 18
ROOT = Path(__file__).parents[4]
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")  # of the environment; it needs no secrets
BUFFER = 1 << 20


@dataclass(frozen=True)
class Order:
    """What a process is to read.

    Attributes:
        path: the file.
        options: how.
        tokenizer_path: as `examine` has it.
        report: what is known of the file.
        number: of the process, from 0.
        processes: how many share the file.
        block: bytes of a block.
    """

    path: Path
    options: Options
    tokenizer_path: Path | None
    report: Report
    number: int = 0
    processes: int = 1
    block: int = BLOCK_BYTES


def shared(sniffed: Sniffed) -> int:
    """How many processes may share such a file."""
    return PROCESSES if sniffed.container == "jsonl" and sniffed.has_places else 1


def prepare_apart(order: Order, take: Callable[[Batch], None], watch: Watch | None) -> None:
    """Have the file read; the report of those who read becomes what `order.report` says.

    Args:
        order: what is to be read, by how many.
        take: takes each batch.
        watch: told how many bytes were read. What either raises ends the processes.

    Raises:
        DatasetRefused: the file cannot be read like this.
        ChildProcessError: a process ended without a word, as when memory is short.
        OSError: the file cannot be read.
    """
    with ExitStack() as stack:
        readers = [
            stack.enter_context(_reader(replace(order, number=number)))
            for number in range(order.processes)
        ]
        for reader in cycle(readers):
            while (told := _told(reader)) is not None:
                if isinstance(told, Batch):
                    take(told)
                    if told.ends:
                        break
                elif isinstance(told, int):
                    if watch is not None:
                        watch(told)
                elif isinstance(told, Report):
                    vars(order.report).update(vars(told))
                else:
                    raise told
            else:
                return  # the file ends in this block


@contextmanager
def _reader(order: Order) -> Iterator[IO[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune.datasets.doctor.preparing"],
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ}
        | {"TOKENIZERS_PARALLELISM": "true" if order.processes == 1 else "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=BUFFER,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as there:
            pickle.dump(order, there)
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _told(stream: IO[bytes]) -> Any:
    try:
        return pickle.load(stream)  # noqa: S301 - of our own process
    except (EOFError, pickle.UnpicklingError) as error:
        raise ChildProcessError("a process that read the file ended without a word") from error


# -- in the process -------------------------------------------------------------------------------


class Answering:
    """Reads what an order says, and tells of it."""

    def __init__(self, order: Order, answers: IO[bytes]) -> None:
        self._order = order
        self._answers = answers
        self._sniffed = sniff(order.path, order.options.limits, order.options.encoding)
        self._block = 0

    def answer(self) -> None:
        """Read.

        Raises:
            DatasetRefused: the file cannot be read like this.
        """
        order, options = self._order, self._order.options
        source = source_of(order.path, self._sniffed, options.limits, options.encoding, self._watch)
        counts, special = counting(order.tokenizer_path)
        tokens = ControlTokens((*special, *options.control_tokens))
        prepare(source.records(), options, order.report, counts, tokens, self.tell, self._share)

    def tell(self, something: Any) -> None:
        """Write one answer."""
        pickle.dump(something, self._answers, protocol=pickle.HIGHEST_PROTOCOL)
        if isinstance(something, int) or (isinstance(something, Batch) and something.ends):
            self._answers.flush()  # somebody may wait for it

    def _watch(self, read: int) -> None:
        if self._order.number == 0:
            self.tell(read)

    def _share(self, preparing: Preparing, records: Iterator[Read]) -> Iterator[Read]:
        """The records that this process is to look at, once the format is known."""
        order = self._order
        if order.number == 0:
            self.tell(order.report)
        if order.processes == 1:
            return records
        if "group" in order.report.mapping:  # rows of one conversation may stand in two blocks
            return records if order.number == 0 else iter(())

        def wanted(start: int) -> bool:
            block = start // order.block
            while self._block < block:
                if self._block % order.processes == order.number:
                    preparing.flush(ends=True)
                self._block += 1
            return block % order.processes == order.number

        return read_records(order.path, self._sniffed, order.options.limits, self._watch, wanted)


def answer(orders: IO[bytes], answers: IO[bytes]) -> None:
    """What the process does."""
    order: Order = pickle.load(orders)  # noqa: S301 - of our own process
    try:
        Answering(order, answers).answer()
        last: Exception | None = None
    except BrokenPipeError:
        raise
    except Exception as error:  # whoever asked raises it
        last = error
    pickle.dump(last, answers)
    answers.flush()
