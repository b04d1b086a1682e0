"""Where a run's circuits run: in this process, or outside of it through the exchange folder.

Knows nothing of keys or of the machines behind the folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.training.config import RunConfig
from finetune.training.log.events import EventLog
from finetune.training.supervision import Supervision
from quantum.adapters.circuits import set_runner
from quantum.adapters.registry import get_adapter
from quantum.adapters.report import CircuitReport
from quantum.backends.base import Batch
from quantum.backends.registry import BACKENDS, make_sampler
from quantum.sampling.estimation import DirectRunner

from .backends import backends_of, cloud_limits
from .exchange import FOLDER, FolderRunner


def samples(config: RunConfig) -> bool:
    """Tell whether a run's circuits give counts and not exact values."""
    return not BACKENDS[config.backend].exact and bool(backends_of(get_adapter(config.adapter)))


def connect(
    model: Any, config: RunConfig, folder: Path, supervision: Supervision, log: EventLog
) -> FolderRunner | None:
    """Give a model's circuits the place that the run's settings name.

    Returns:
        The exchange, if the circuits run outside this process.

    Raises:
        BackendMissingError: the backend's optional package is not installed here.
        OptionError: an option of the backend is wrong.
    """
    if not samples(config):
        return None
    spec = BACKENDS[config.backend]
    if not spec.billable:
        backend = make_sampler(config.backend, config.backend_options)
        set_runner(model, DirectRunner(backend), backend.capabilities())
        return None

    def told(batch: Batch, fingerprint: str) -> None:
        log.emit(
            "log",
            f"Waits for {spec.title}: {len(batch.circuits)} circuits, {batch.shots:,} shots each.",
            {
                "waiting_for": fingerprint,
                "circuits": len(batch.circuits),
                "shots": batch.total_shots,
            },
        )

    exchange = FolderRunner(folder / FOLDER, supervision, told)
    set_runner(model, exchange, cloud_limits(config.backend, config.backend_options))
    return exchange


def circuits_taken(report: CircuitReport | None) -> dict[str, int]:
    """Return what circuits took since the run's start, where they are counted at all."""
    if report is None or not report.circuits_run:
        return {}
    return {
        "circuits_run": report.circuits_run,
        "batches_run": report.batches_run,
        "shots_run": report.shots_run,
    }
