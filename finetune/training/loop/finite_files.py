"""Whether a saved adapter holds numbers that are not finite, told from its file's bits.

A float is infinite or not a number exactly when all bits of its exponent are set, so one mask per
format answers for bfloat16 too, which NumPy does not know. Knows nothing of torch: the worker asks
before it publishes, the site before it lets a run go on from another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, deserialize

WEIGHTS = "adapter_model.safetensors"
# By the format's name in the file: unsigned numbers of its width, and the bits of its exponent.
_EXPONENTS: dict[str, tuple[type[np.unsignedinteger], int]] = {
    "F64": (np.uint64, 0x7FF0_0000_0000_0000),
    "F32": (np.uint32, 0x7F80_0000),
    "C64": (np.uint32, 0x7F80_0000),  # two float32
    "F16": (np.uint16, 0x7C00),
    "BF16": (np.uint16, 0x7F80),
    "F8_E5M2": (np.uint8, 0x7C),
    "F8_E4M3": (np.uint8, 0x7F),  # has no infinity; all ones below the sign is not a number
}


def adapter_problem(folder: Path) -> str:
    """Return why the numbers of an adapter cannot be used, or an empty text.

    An adapter without a file of weights has no such number: whoever loads it says what is missing.

    Args:
        folder: an adapter's folder, or a checkpoint's.
    """
    try:
        content = (folder / WEIGHTS).read_bytes()
        tensors = deserialize(content)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        return ""
    except (OSError, SafetensorError) as error:
        return f"{WEIGHTS} cannot be read ({error})"
    for name, tensor in tensors:
        unsigned, exponent = _EXPONENTS.get(tensor["dtype"], (np.uint8, 0))
        if not exponent:
            continue  # whole numbers, truth values
        bits = np.frombuffer(tensor["data"], dtype=unsigned)
        count = int(np.count_nonzero((bits & unsigned(exponent)) == exponent))
        if count:
            return (
                f"{count:,} of the {bits.size:,} numbers of {name} in {WEIGHTS} are infinite or "
                "not numbers"
            )
    return ""
