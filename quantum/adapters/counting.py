"""Trainable parameters per linear module of PEFT's own methods, in plain arithmetic.

Each function takes the module's name, its out and in width and the options. Tests compare every one
with what PEFT really builds. This module knows nothing about torch.
"""

from __future__ import annotations

from quantum.exceptions import OptionError
from quantum.options import Options

FEEDFORWARD = ("down_proj", "fc2", "w2", "dense_4h_to_h", "output.dense")
"""Second linear layer of a feed-forward block: there IA3 scales the input instead of the output."""


def is_feedforward(name: str) -> bool:
    """Whether IA3 treats this module as the end of a feed-forward block."""
    return any(name == part or name.endswith(f".{part}") for part in FEEDFORWARD)


def lora(name: str, out: int, inside: int, options: Options) -> int:
    """A (r, in) and B (out, r)."""
    return int(options["r"]) * (out + inside)


def dora(name: str, out: int, inside: int, options: Options) -> int:
    """LoRA and a magnitude per output."""
    return lora(name, out, inside, options) + out


def vera(name: str, out: int, inside: int, options: Options) -> int:
    """One scale per output and one per rank; A and B are frozen and shared."""
    return out + int(options["r"])


def ia3(name: str, out: int, inside: int, options: Options) -> int:
    """One scale per output, or per input on the feed-forward block's last layer."""
    return inside if is_feedforward(name) else out


def loha(name: str, out: int, inside: int, options: Options) -> int:
    """Two low-rank pairs."""
    return 2 * int(options["r"]) * (out + inside)


def lokr(name: str, out: int, inside: int, options: Options) -> int:
    """Kronecker product of a small dense factor and a low-rank (or dense) large one."""
    r = int(options["r"])
    (out_l, out_k), (in_m, in_n) = _near_square(out), _near_square(inside)
    large = out_k * in_n if r >= max(out_k, in_n) / 2 else r * (out_k + in_n)
    return out_l * in_m + large


def _near_square(dimension: int) -> tuple[int, int]:
    """PEFT's ``factorization``: climb from (1, d) to the divisors nearest the square root."""
    m, n = 1, dimension
    while m < n:
        step = m + 1
        while dimension % step:
            step += 1
        if step + dimension // step > m + n or step > n:
            break
        m, n = step, dimension // step
    return (m, n) if m <= n else (n, m)


def oft(name: str, out: int, inside: int, options: Options) -> int:
    """A rotation per block of inputs: b (b - 1) / 2 angles for each of in / b blocks."""
    size = int(options["block_size"])
    _must_divide("block_size", size, name, inside)
    return inside // size * (size * (size - 1) // 2)


def fourierft(name: str, out: int, inside: int, options: Options) -> int:
    """A fixed number of frequencies."""
    frequencies = int(options["n_frequency"])
    if frequencies > out * inside:
        raise OptionError(
            "n_frequency", f"{frequencies} is too large for {name}", f"at most {out * inside}"
        )
    return frequencies


def c3a(name: str, out: int, inside: int, options: Options) -> int:
    """One circulant block per block of outputs and inputs."""
    size = int(options["block_size"])
    _must_divide("block_size", size, name, inside)
    _must_divide("block_size", size, name, out)
    return out * inside // size


def _must_divide(field: str, size: int, name: str, width: int) -> None:
    if width % size:
        raise OptionError(
            field, f"{size} does not divide the width {width} of {name}", f"divisors of {width}"
        )
