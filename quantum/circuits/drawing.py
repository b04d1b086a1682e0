"""Drawings of circuits, by Qiskit: SVG in a light and a dark style.

A circuit of more than 16 qubits is too tall for a page: its first eight are drawn, with a caption
that says so. The SVG stands alone: all glyphs are paths, styles are attributes, no script, no
<style>, no reference outside itself, a transparent background; the same circuit gives the same
bytes. This module knows nothing about where drawings are shown.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import lru_cache
from html import escape
from typing import Any, Literal

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from qiskit.visualization import circuit_drawer

from quantum.circuits.circuit import Circuit
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import UnknownNameError

Theme = Literal["light", "dark"]

MOST_QUBITS = 16
"""Circuits up to this size are drawn whole."""

_EXCERPT = 8
_CLEAR = "#00000000"


def _style(ink: str, quiet: str, data: str, turn: str, entangle: str, on_gate: str) -> Any:
    single = ("ry", "rx", "rz", "h", "x", "y", "z", "s", "sdg", "t", "tdg")
    gates = dict.fromkeys(single, (turn, on_gate))
    links = dict.fromkeys(("crz", "cry", "crx", "rzz", "rxx"), (entangle, on_gate))
    plain = dict.fromkeys(("cx", "cz", "swap"), (entangle, entangle))
    return {
        "name": "bw",
        "textcolor": ink,
        "subtextcolor": on_gate,
        "linecolor": quiet,
        "creglinecolor": quiet,
        "gatetextcolor": on_gate,
        "gatefacecolor": turn,
        "barrierfacecolor": data,
        "backgroundcolor": _CLEAR,
        "edgecolor": entangle,  # also the fill of control dots
        "displaycolor": {**gates, **links, **plain},
    }


THEMES: dict[str, Any] = {
    "light": _style("#2b2440", "#8a83a3", "#d8d0f0", "#6d3fd1", "#4b2a99", "#ffffff"),
    "dark": _style("#ece8f8", "#8f87ad", "#3a3158", "#b79cf5", "#8f6be8", "#1a1428"),
}
"""Colours by theme; violet is the product's hue for everything quantum."""

_SETTINGS: Any = {
    "svg.fonttype": "path",
    "svg.hashsalt": "wukong",
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
}


def drawn_part(circuit: Circuit) -> tuple[Circuit, str]:
    """What a drawing shows: the circuit and no caption, or an excerpt and words that say so.

    The excerpt has the gates that lie on the first qubits entirely.
    """
    if circuit.n_qubits <= MOST_QUBITS:
        return circuit, ""
    kept = tuple(op for op in circuit.operations if max(op.qubits) < _EXCERPT)
    crossing = sum(min(op.qubits) < _EXCERPT <= max(op.qubits) for op in circuit.operations)
    caption = f"Qubits 0 to {_EXCERPT - 1} of {circuit.n_qubits}"
    if crossing:
        caption += f"; {crossing} gates from these to other qubits are not drawn"
    return replace(circuit, n_qubits=_EXCERPT, operations=kept, observables=()), caption


@lru_cache(maxsize=64)
def draw_svg(circuit: Circuit, theme: Theme = "light") -> str:
    """The circuit as a stand-alone SVG document.

    Args:
        circuit: What to draw; parameters appear as h (inputs) and θ (trainable angles). Above
            ``MOST_QUBITS`` qubits the first few are drawn, with a caption in the picture.
        theme: ``"light"`` or ``"dark"``.

    Returns:
        SVG text, the same for the same arguments.

    Raises:
        UnknownNameError: No such theme.
    """
    if theme not in THEMES:
        raise UnknownNameError("theme", theme, THEMES)
    part, caption = drawn_part(circuit)
    with matplotlib.rc_context(_SETTINGS):
        drawn = circuit_drawer(
            to_qiskit(part), output="mpl", style=THEMES[theme], fold=24, idle_wires=True
        )
        assert isinstance(drawn, Figure)
        if caption:
            ink = THEMES[theme]["textcolor"]
            drawn.text(0.02, 0.08, caption + ".", color=ink, fontsize=14, va="top")
        buffer = io.BytesIO()
        FigureCanvasSVG(drawn)
        drawn.savefig(
            buffer,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            metadata={"Date": None, "Creator": None},
        )
        # Qiskit makes the figure without pyplot's registry, so nothing stays open.
    title = f"{circuit.name}. {caption}." if caption else circuit.name
    return _stand_alone(buffer.getvalue().decode(), title)


def _stand_alone(svg: str, title: str) -> str:
    """Drop what matplotlib adds for browsers of old, and give the picture a title."""
    svg = re.sub(r"<\?xml[^>]*\?>|<!DOCTYPE[^>]*>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Matplotlib's only style sheet sets line joins: say it once on the root instead.
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    root = '<svg role="img" stroke-linejoin="round" stroke-linecap="butt" '
    svg = svg.replace("<svg ", root, 1)
    svg = re.sub(r"(<svg [^>]*>)", lambda m: f"{m[1]}<title>{escape(title)}</title>", svg, count=1)
    svg = re.sub(r' style="([^"]*)"', lambda m: _as_attributes(m[1]), svg)
    return "\n".join(line for line in svg.splitlines() if line.strip()) + "\n"


def _as_attributes(style: str) -> str:
    """CSS declarations as presentation attributes, so that no style needs to be allowed."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, value in pairs)
