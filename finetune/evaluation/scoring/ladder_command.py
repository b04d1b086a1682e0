"""`python -m finetune.evaluation score --ladder`: loss by exact circuits, shots, noise and a chip.

The chip is asked only where a number of circuits was agreed to, with a key of one's own.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
from pathlib import Path
from typing import Any

from finetune.training.circuits.backends import cloud_limits
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration
from quantum.options import validate_options
from quantum.sampling.costs import Tariff

from .exceptions import EvaluationError
from .ladder import CHIP, RUNGS, Chip, Climb, ladder_climb
from .score import results_write
from .subject import Subject

POLL_SECONDS = 1.0
LEDGER = "ladder-jobs.sqlite3"


def ladder_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a ladder."""
    group = parser.add_argument_group("the fidelity ladder")
    group.add_argument("--ladder", action="store_true", help="climb it, with the options below")
    group.add_argument("--rungs", default=",".join(RUNGS), help=f"of {','.join(RUNGS)}")
    group.add_argument("--shots", type=int, default=0, help="of each circuit; the run's own")
    group.add_argument("--repeats", type=int, default=1, help="of the rungs on Aer")
    group.add_argument("--calibration", type=Path, help="a chip's figures (JSON), for its noise")
    group.add_argument(
        "--chip-options",
        metavar="JSON",
        help="options of the backend wukong, such as its chip; by default the run's own",
    )
    group.add_argument(
        "--wide-noise", action="store_true", help="model noise on over 12 qubits too; takes hours"
    )
    group.add_argument("--per-second", type=float, help="price of a second on the chip")
    group.add_argument("--currency", default="CNY", help="of that price")
    group.add_argument(
        "--agree-circuits",
        type=int,
        default=0,
        metavar="N",
        help="send at most N circuits to Origin's cloud with the key in WUKONG_API_KEY, or asked "
        "for; jobs may be billed, and are kept beside --out, so that none is sent twice",
    )


def ladder_shown(subject: Subject, parsed: argparse.Namespace) -> int:
    """Climb, write a file, and show a table. Raises what `ladder_climb` raises."""
    rungs = tuple(name.strip() for name in parsed.rungs.split(",") if name.strip())
    if unknown := [name for name in rungs if name not in RUNGS]:
        raise EvaluationError(f"There is no rung {unknown[0]!r}: take some of {', '.join(RUNGS)}")
    calibration = None
    if parsed.calibration is not None:
        calibration = Calibration.from_json(parsed.calibration.read_text(encoding="utf-8"))
    tariff = None if parsed.per_second is None else Tariff(parsed.per_second, parsed.currency)
    chip = None
    if parsed.agree_circuits > 0 and CHIP in rungs:
        folder = (parsed.out or subject.folder or Path(".")).absolute()
        folder = folder.parent if parsed.out else folder
        chip = _chip(_chip_options(subject, parsed.chip_options), folder, parsed.agree_circuits)
    climb = Climb(rungs, parsed.shots, parsed.repeats, calibration, chip, tariff, parsed.wide_noise)
    results = ladder_climb(
        subject,
        parsed.data,
        climb,
        parsed.limit,
        lambda share, found: print(_line(found[-1]), flush=True),
    )
    if parsed.out is not None:
        results_write(parsed.out, results)
    return 0


def _chip_options(subject: Subject, text: str | None) -> dict[str, Any]:
    if text is None:
        return subject.config.backend_options if subject.config.backend == CHIP else {}
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise EvaluationError(f"--chip-options must be an object as JSON, not {text!r:.60}")
    return validate_options(BACKENDS[CHIP].fields, given)


def _chip(options: dict[str, Any], folder: Path, circuits: int) -> Chip:
    """Return what sends circuits to Origin's cloud, at most so many, and what it takes."""
    from quantum.backends.sdk.client import KEY_VARIABLE
    from quantum.backends.wukong import WukongBackend
    from quantum.jobs.caps import Cap
    from quantum.jobs.runner import LedgerRunner
    from quantum.jobs.sqlite_ledger import FileLedger

    key = os.environ.get(KEY_VARIABLE) or getpass.getpass("API key: ")
    runner = LedgerRunner(
        WukongBackend(options, key),
        FileLedger(folder / LEDGER),
        "ladder",
        caps=[Cap(kind="run", circuits=circuits)],
        run_name="ladder",
        recover=True,
        poll_seconds=POLL_SECONDS,
    )
    return runner, cloud_limits(CHIP, options)


def _line(rung: dict[str, Any]) -> str:
    if not rung["run"]:
        return f"{rung['rung']:<8} not run: {rung['why']}"
    low, high = rung["machine_seconds"]
    took = ""
    if rung["circuits"]:
        took = (
            f", {rung['circuits']:,} circuits, {rung['shots']:,} shots, on a chip some {low:,.0f} "
            f"to {high:,.0f} s"
        )
    price = f" ({rung['cost']:,.2f} {rung['currency']})" if rung["cost"] is not None else ""
    return f"{rung['rung']:<8} loss {rung['loss']:.6f} ({rung['where']}){took}{price}"
