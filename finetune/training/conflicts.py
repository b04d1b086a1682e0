"""What does not go together among a run's settings: adapter, backend, their options, the chip.

Each setting for itself is right by then: `RunSettings` has seen to it.
"""

from __future__ import annotations

from finetune.training.circuits.backends import backend_problem, cloud_limits
from finetune.training.devices.count import devices_conflict
from finetune.training.preference.settings import PREFERENCE
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS
from quantum.exceptions import CircuitError, OptionError, UnknownNameError


def reference_conflict(settings: RunSettings, *, continued: bool) -> tuple[Problem, ...]:
    """Return why a preference run that goes on from an adapter has no reference, or nothing.

    That adapter is the reference, so its circuits would be sampled for every pair of replies.
    """
    if settings.kind != PREFERENCE or not continued or BACKENDS[settings.backend].exact:
        return ()
    words = (
        f"{settings.backend} samples, and the adapter that a preference run goes on from is its "
        "reference: take a simulator without shots, or start without an adapter"
    )
    return (Problem("backend", words),)


def conflicts(settings: RunSettings) -> tuple[Problem, ...]:
    """Return the first thing that cannot be run as it is chosen; nothing if all goes together."""
    if settings.early_stopping and not settings.eval_every:
        words = "needs evaluations during the run: set eval_every, or leave it 0"
        return (Problem("early_stopping", words),)
    try:
        if words := backend_problem(settings.adapter, settings.backend):
            return (Problem("backend", words),)
    except UnknownNameError as error:
        return (Problem("adapter", str(error)),)
    if problem := devices_conflict(settings):
        return (problem,)
    if settings.kind == PREFERENCE and settings.devices > 1:
        words = "a run that learns from pairs of replies takes one device"
        return (Problem("devices", words),)
    if settings.adapter_options.get("backend", settings.backend) != settings.backend:
        words = "it is a setting of the run; leave it out here"
        return (Problem("adapter_options", words, "backend"),)
    place = BACKENDS[settings.backend]
    if settings.options.get("gradient") == "backprop" and not place.exact:
        words = (
            f"{settings.backend} samples, so there is nothing to go back through; take auto, "
            "shift or spsa"
        )
        return (Problem("adapter_options", words, "gradient"),)
    named = ADAPTERS[settings.adapter].circuit_options
    if named and named.chip and settings.on_chip and not settings.calibration:
        words = (
            "the chip's figures are not known, so neither are its live couplers. Read them on "
            "the Quantum page (or give them as the setting calibration); or take the chain or "
            "the lattice"
        )
        return (Problem("adapter_options", words, named.chip[0]),)
    try:
        circuit = settings.circuit()  # some sizes have none, which is told
    except OptionError as error:
        return (Problem.of_option("adapter_options", error),)
    except CircuitError as error:
        return (Problem("calibration", str(error)),)
    if circuit is not None and named is not None and place.billable:
        limits = cloud_limits(settings.backend, settings.backend_options)
        if circuit.n_qubits > limits.max_qubits:
            words = f"{limits.title} has {limits.max_qubits}"
            return (Problem("adapter_options", words, named.width),)
    return ()
