"""A quantum cloud as seen through a key: its backend object, its chips, and their calibrations.

Only a worker may ask the cloud: the SDK's process that stands behind a backend is kept there, one
for each key, and a page never waits for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from finetune.exceptions import StudioError
from quantum.backends.base import Capabilities
from quantum.backends.wukong import WukongBackend
from quantum.backends.wukong_options import CHIPS
from quantum.chips.calibration import Calibration
from quantum.exceptions import QuantumError
from quantum.sampling.costs import MAX_CIRCUITS

from .keys import quantum_key_text, quantum_key_used, url_check
from .models import QuantumCalibration, QuantumKey
from .selectors import tariff

log = logging.getLogger(__name__)
MOST_SHOTS = 1_000_000
MOST_CHIPS = 8
SIMULATOR = "amplitude"  # part of the names of the cloud's own simulators
KEPT: dict[tuple[int, str], WukongBackend] = {}


@sensitive_variables()
def wukong_backend(key: QuantumKey, options: Mapping[str, Any]) -> WukongBackend:
    """The backend behind a key. It is kept, so that a chip's figures are not fetched for each job.

    Raises:
        StudioError: the key cannot be read, or its address is not allowed any more.
        OptionError: an option is wrong.
    """
    given = {"url": key.url, "max_shots": MOST_SHOTS, **options}
    name = (key.pk, json.dumps(given, sort_keys=True))
    url_check(key.url)  # each time: what a name leads to may have changed
    if name not in KEPT:
        KEPT[name] = WukongBackend(given, quantum_key_text(key), tariff=tariff())
    return KEPT[name]


def hardware_capabilities(chip: str, calibration: Calibration | None = None) -> Capabilities:
    """What a chip can do, without asking the cloud: from its stored figures, or its known size."""
    return Capabilities(
        name="wukong",
        title=f"Origin Wukong, chip {chip}",
        max_qubits=len(calibration.qubits) if calibration else CHIPS.get(chip, max(CHIPS.values())),
        differentiable=False,
        exact=False,
        billable=True,
        seedable=False,
        max_shots=MOST_SHOTS,
        max_circuits=MAX_CIRCUITS,
    )


def chips_read(key_id: int) -> None:
    """Read which chips a key sees and which are online, and fetch the figures of those that are."""
    key = QuantumKey.objects.select_related("team").filter(pk=key_id).first()
    if key is None:
        return
    try:
        chips = wukong_backend(key, {}).chips()
    except (StudioError, QuantumError) as error:
        read_end(key, chips_problem=f"The chips could not be read. {error}")
        return
    except Exception as error:  # a reading that ends without a word would leave the page waiting
        log.exception("%s: the chips could not be read", key.public_id)
        read_end(key, chips_problem=f"The chips could not be read ({type(error).__name__}).")
        return
    rows = [{"name": name, "online": bool(chips[name])} for name in sorted(chips)]
    quantum_key_used(key.pk)
    problems = [calibration_fetch(key, str(row["name"])) for row in rows[:MOST_CHIPS]
                if row["online"] and SIMULATOR not in str(row["name"])]  # fmt: skip
    read_end(key, chips=rows, chips_problem=" ".join(one for one in problems if one))


def read_end(key: QuantumKey, **changes: Any) -> None:
    QuantumKey.objects.filter(pk=key.pk).update(chips_read_at=timezone.now(), **changes)


def calibration_fetch(key: QuantumKey, chip: str) -> str:
    """Fetch and keep one chip's figures; what went wrong, in words, or an empty text."""
    try:
        found = wukong_backend(key, {"chip": chip}).calibration()
    except (StudioError, QuantumError) as error:
        return f"The figures of {chip} could not be read: {error}"
    calibration_store(key=key, calibration=found)
    return ""


@transaction.atomic
def calibration_store(*, key: QuantumKey, calibration: Calibration) -> QuantumCalibration:
    """Keep a chip's figures with date and hash."""
    made: QuantumCalibration = QuantumCalibration.objects.create(
        team=key.team,
        key=key,
        chip=calibration.chip,
        fetched_at=timezone.now(),
        fingerprint=calibration.fingerprint(),
        figures=calibration.to_json(),
    )
    return made
