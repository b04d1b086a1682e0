"""Command line of the trainer. See `python -m finetune.training --help`."""

from __future__ import annotations

import argparse
import getpass
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from finetune.training.config import RunConfig
from finetune.training.exceptions import AlreadyRunning, BadConfig, DamagedLog
from finetune.training.log.events import Event
from finetune.training.new_run import new
from finetune.training.problems import Problem
from finetune.training.supervision import ExitCode, Supervision
from quantum.threads import wait_passively

EPILOG = """\
exit codes:
  0 succeeded   1 failed   2 settings cannot be used   3 cancelled   4 paused
  5 told to leave by a signal or by the death of its parent (start it again: it resumes)
  6 another trainer works in this folder

A run that was interrupted resumes from its last checkpoint when it is started again.
To cancel or pause one: echo cancel > RUN_DIR/control
To compute one step on its real shapes first: python -m finetune.training try RUN_DIR

A run on the backend wukong writes its circuits to RUN_DIR/quantum and waits for counts. To send
them with a key of your own, beside the trainer: python -m finetune.training carry RUN_DIR
"""
CARRY = """\
The key is read from the environment variable WUKONG_API_KEY, or asked for. Nothing is sent before
you agree to a number of circuits; jobs may be billed. Ctrl-C stops it, and started again it goes on
with the same jobs (RUN_DIR/quantum/ledger.sqlite3): nothing is sent twice. A job of which it is not
known whether it was sent is never sent again; docs/hardware.md tells how to decide on it.

exit codes: 0 the run is finished   1 failed   2 cannot be used   3 not agreed or Ctrl-C
6 another carrier works in this folder
"""
NOT_AGREED = 3


def main(arguments: list[str] | None = None) -> int:
    """Train a run folder, or make one with `new`."""
    wait_passively()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name in bytes that are not UTF-8 is shown
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["new"]:
        return new(arguments[1:])
    if arguments[:1] == ["carry"]:
        return _carry(arguments[1:])
    trying = arguments[:1] == ["try"]
    arguments = arguments[trying:]
    parser = argparse.ArgumentParser(
        prog="python -m finetune.training",
        description="Fine-tune a language model with the settings in RUN_DIR/config.json. "
        "'python -m finetune.training new RUN_DIR --help' tells how to make a run folder, "
        "'python -m finetune.training carry RUN_DIR --help' how to send its circuits.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_dir", type=Path, help="the run's folder")
    parser.add_argument(
        "--detached", action="store_true", help="go on when the process that started it is gone"
    )
    parser.add_argument(
        "--parent",
        type=int,
        metavar="PID",
        help="the process that starts it; by default whoever is its parent when it looks",
    )
    for option, kind in (("--rank", int), ("--meeting", Path)):  # of a run's other devices
        parser.add_argument(option, type=kind, help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    if not parsed.run_dir.is_dir():
        print(f"Error: there is no folder {parsed.run_dir}.", file=sys.stderr)
        return ExitCode.BAD_CONFIG
    if parsed.rank:
        return _follow(parsed.run_dir, parsed.rank, parsed.meeting, parsed.parent)
    supervision = Supervision(
        parsed.run_dir.absolute() / "control",
        detached=parsed.detached,
        parent=parsed.parent,
        whole=True,
    )
    supervision.install()
    supervision.watch()  # before torch is loaded, which takes seconds
    if trying:
        from finetune.training.forecast.dry_run import dry_run

        return dry_run(parsed.run_dir, supervision)
    from finetune.training.run import run

    told = False

    def show(event: Event) -> None:
        nonlocal told
        told = True
        _show(event)

    try:
        code = run(parsed.run_dir, listener=show, supervision=supervision)
        if code == ExitCode.SUCCEEDED and not told:
            print(f"This run has succeeded already: {parsed.run_dir / 'adapter'}")
        return code
    except AlreadyRunning as error:
        print(f"Error: {error}", file=sys.stderr)
        return ExitCode.ALREADY_RUNNING
    except (DamagedLog, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return ExitCode.FAILED


def _follow(folder: Path, rank: int, meeting: Path, parent: int) -> int:
    """Compute on another device of a run, which the run's first process has started."""
    supervision = Supervision.beside(folder, rank, parent)
    supervision.watch()
    from finetune.training.devices.follower import follow

    return follow(folder, rank, meeting, supervision)


def _show(event: Event) -> None:
    """Print an event as one readable line; a sample reply, which no gate has seen, is in the log.

    What a worker's trainer prints stands in the failure of its run, which everybody sees.
    """
    try:
        print(f"{event['seq']:>5} {event['type']:<10} {event['message']}", flush=True)
    except OSError:
        # Whoever read our output is gone. The run goes on to its checkpoint, and the log has
        # everything, so later lines go nowhere.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _carry(arguments: list[str]) -> int:
    """Send a run's circuits with a key of one's own, after a question."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.training carry",
        description="Send the circuits of a run on the backend wukong, and bring the counts back.",
        epilog=CARRY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_dir", type=Path, help="the run's folder")
    parser.add_argument("--agree-circuits", type=int, metavar="N", help="agree to N circuits")
    parser.add_argument("--again", action="store_true", help="send failed jobs once more")
    parsed = parser.parse_args(arguments)
    from finetune.bases.files.exceptions import BaseModelError
    from finetune.training.circuits.carrier import Carrier
    from quantum.backends.registry import BACKENDS
    from quantum.backends.sdk.client import KEY_VARIABLE
    from quantum.backends.wukong import WukongBackend
    from quantum.exceptions import QuantumError

    try:
        config = RunConfig.read(parsed.run_dir / "config.json")
        if not BACKENDS[config.backend].billable:
            words = f"{config.backend} needs no carrier: start the trainer"
            raise BadConfig(Problem("backend", words))
        print(_needed(config))
        key = os.environ.get(KEY_VARIABLE) or getpass.getpass("API key: ")
        backend = WukongBackend(config.backend_options, key)
        agreed = parsed.agree_circuits
        if agreed is None:
            agreed = int(input("Send at most how many circuits? [0] ").strip() or 0)
    except (BadConfig, BaseModelError, QuantumError, OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        agreed = 0
    if agreed < 1:
        print("Nothing was sent.")
        return NOT_AGREED
    print(f"Carries at most {agreed:,} circuits. Start the trainer in another terminal.")
    try:
        finished = Carrier(parsed.run_dir, backend, agreed, again=parsed.again).carry()
    except AlreadyRunning as error:
        print(f"Error: {error}", file=sys.stderr)
        return 6
    except OSError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print("The run is finished." if finished else "Stopped. Start it again to go on.")
    return 0 if finished else NOT_AGREED


def _needed(config: RunConfig) -> str:
    """Say what the whole run takes; looks at the base model for its blocks."""
    from finetune.bases.files.inspect import inspect
    from finetune.training.circuits.backends import cloud_limits
    from finetune.training.plan import RunPlan

    limits = cloud_limits(config.backend, config.backend_options)
    shapes = inspect(config.base_model).linear_shapes
    cost = RunPlan.of(config, shapes, continued=bool(config.start_adapter)).cost
    if cost is None:
        return "These settings have no circuit."
    low, high = cost.seconds
    return (
        f"The whole run on {limits.title}: {cost.circuits:,} circuits in {cost.batches:,} batches, "
        f"{cost.shots:,} shots, about {low:,.0f} to {high:,.0f} s of processor time (a guess from "
        "public reports). It may be billed."
    )


def _leave(code: int) -> NoReturn:
    """End at once: torch takes a second or more to take itself down, and somebody waits.

    By now the log is closed and the folder's lock is all that is held; the system frees it.
    """
    with suppress(OSError):  # whoever read our output is gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:2] in (["new"], ["carry"]):
        sys.exit(main())
    _leave(main())
