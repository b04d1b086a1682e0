"""The web process imports jobs and options; it must not pay for torch, Qiskit or the SDK."""

import pytest

from tests.quantum.test_imports import _loaded_after


@pytest.mark.parametrize(
    "module",
    [
        "quantum.jobs.advance",
        "quantum.jobs.caps",
        "quantum.jobs.ledger",
        "quantum.jobs.runner",
        "quantum.jobs.sqlite_ledger",
        "quantum.sampling.costs",
        "quantum.backends.sdk.client",
        "quantum.backends.wukong",
        "quantum.backends.wukong_options",
    ],
)
def test_light(module):
    heavy = {"torch", "qiskit", "qiskit_aer", "pyqpanda3", "numpy", "django", "matplotlib"}
    assert not _loaded_after(f"import {module}") & heavy
