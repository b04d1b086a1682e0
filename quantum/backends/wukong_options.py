"""Options and limits of the ``wukong`` backend, for forms and docs. The key is no option.

Pure Python; knows nothing about the SDK.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from quantum.backends.base import Capabilities
from quantum.chips.calibration import Calibration
from quantum.exceptions import OptionError
from quantum.options import OptionField
from quantum.sampling.costs import MAX_CIRCUITS

_CHIPS = {"72": 72, "WK_C180": 180}
"""Qubits of the chips known when this was written; which exist is read at run time."""


@dataclass(frozen=True)
class OpenChoice(OptionField):
    """A choice whose list is a suggestion: any text of the pattern is accepted.

    Attributes:
        pattern: Regular expression of a whole value.
        shape: The pattern in words.
    """

    pattern: str = ""
    shape: str = ""

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        return self.shape

    def clean(self, value: Any) -> str:
        """The value as text without blanks around it.

        Raises:
            OptionError: It does not fit the pattern.
        """
        text = str(value).strip()
        if not re.fullmatch(self.pattern, text):
            raise OptionError(self.name, f"{value!r} does not fit", self.shape)
        return text


# fmt: off
FIELDS: tuple[OptionField, ...] = (
    OpenChoice("chip", "Chip", "choice", "72",
        choices=(("72", "Wukong, 72 qubits"), ("WK_C180", "Wukong 180, 180 qubits")),
        help="The provider's name of the chip. Which chips are online is read when a job is sent.",
        pattern=r"[A-Za-z0-9_.-]{1,40}",
        shape="a chip's name: letters, digits, _ . -"),
    OpenChoice("url", "Address", "choice", "",
        choices=(("", "The one that belongs to the key"),),
        help="Address of the cloud. Left empty, the SDK takes the one in the key, or for older "
             "keys http://pyqanda-admin.qpanda.cn: plain http, so that anybody on the way can "
             "read the key and the circuits.",
        pattern=r"(https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?)?",
        shape="empty, or an address that begins with https:// or http://"),
    OptionField("max_shots", "Most shots", "int", 10_000, 1, 1_000_000,
        help="Your own limit of shots for each circuit; neither the SDK nor the cloud's "
             "documents name one."),
    OptionField("amend", "Readout correction by the cloud", "bool", False,
        help="Let the cloud correct readout errors. Leave it off where we correct them: never "
             "twice."),
)
# fmt: on


def wukong_limits(
    chip: str, max_shots: int, calibration: Calibration | None = None
) -> Capabilities:
    """What a chip takes, without asking the cloud: from its figures, or its known size."""
    known = _CHIPS.get(chip, max(_CHIPS.values()))
    return Capabilities(
        name="wukong",
        title=f"Origin Wukong, chip {chip}",
        max_qubits=len(calibration.qubits) if calibration else known,
        max_shots=max_shots,
        max_circuits=MAX_CIRCUITS,
    )
