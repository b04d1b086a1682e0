"""What sampled circuits of a run take: how many, in how many batches, how long, how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from finetune.hardware.models import QuantumCalibration, QuantumJob
from finetune.teams.models import Team
from finetune.training.circuits.backends import backends_of, cloud_limits
from finetune.training.circuits.sampling_plan import SamplingPlan, sampling_plan
from quantum.adapters.registry import ADAPTERS, OptionError, Shapes
from quantum.adapters.spec import targeted
from quantum.backends.base import Cost
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.exceptions import CircuitError
from quantum.sampling.costs import Tariff


@dataclass(frozen=True)
class RunSampling:
    """Circuits of a run on a sampling backend.

    Attributes:
        cost: what they take on a quantum computer; None for a simulator.
    """

    backend: BackendSpec
    plan: SamplingPlan
    cost: Cost | None


def run_sampling(
    config: Mapping[str, Any], shapes: Shapes, *, continued: bool = False
) -> RunSampling | None:
    """Count the circuits of these settings; None where nothing is sampled or cannot be counted.

    Args:
        config: fields of `RunConfig`, as typed or checked.
        shapes: every linear layer of the base.
        continued: whether the run starts from another one's adapter.
    """
    backend, adapter = BACKENDS.get(config.get("backend", "")), ADAPTERS.get(config["adapter"])
    if backend is None or adapter is None or backend.exact or not config.get("steps"):
        return None
    if backend.name not in backends_of(adapter):
        return None
    modules = targeted(shapes, config.get("targets") or ())
    try:
        limits = None
        if backend.billable:
            limits = cloud_limits(backend.name, config.get("backend_options", {}))
        plan = sampling_plan(
            config,
            modules,
            max_circuits=limits.max_circuits if limits else None,
            max_shots=limits.max_shots if limits else None,
            continued=continued,
        )
    except (OptionError, CircuitError):
        return None
    if plan is None or not plan.circuits:
        return None
    return RunSampling(backend, plan, plan.cost(tariff()) if backend.billable else None)


def tariff() -> Tariff | None:
    """The price that the site's operator entered, or None."""
    price = settings.QUANTUM_TARIFF
    return Tariff(price, settings.QUANTUM_CURRENCY) if price and price > 0 else None


def placement_doubt(team: Team, chip: str, qubits: int) -> str:
    """Why circuits may not fit the chip, by its newest figures; empty if nothing speaks against.

    Args:
        qubits: the most qubits of a circuit that its gates join with each other.
    """
    newest = QuantumCalibration.objects.for_team(team).filter(chip=chip).first()
    if newest is None:
        return (
            f"Nobody has fetched the figures of chip {chip} with this team's keys, so it is not "
            f"known whether {qubits} live qubits hang together on it."
        )
    largest = max((len(part) for part in newest.calibration.parts()), default=0)
    if qubits <= largest:
        return ""
    return (
        f"By the newest figures of chip {chip} ({newest.fetched_at:%-d %B %Y}), at most {largest} "
        f"live qubits hang together, and the circuit joins {qubits}: its jobs would be refused "
        f"before they are sent. Take at most {largest} qubits, or the chip's own live couplers."
    )


def place(job: QuantumJob) -> str:
    """The machine of a job in words, for example “Origin Wukong (72)”."""
    title = BACKENDS[job.backend].title if job.backend in BACKENDS else job.backend
    return f"{title} ({job.chip})" if job.chip else title
