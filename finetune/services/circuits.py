"""Circuit drawings for the run form, made once by Qiskit in a worker and kept as SVG files."""

from pathlib import Path

from django.conf import settings

THEMES = ("light", "dark")


def circuit_file(qubits: int, layers: int, theme: str) -> Path:
    return Path(settings.CIRCUIT_DIR) / f"qtha-{qubits}-{layers}-{theme}.svg"


def circuit_draw(qubits: int, layers: int) -> None:
    """Draw both themes. Runs in a worker only: Qiskit is heavy and the web process stays light."""
    from quantum.ansatz import qtha_circuit
    from quantum.drawing import draw_svg

    circuit = qtha_circuit(qubits, layers)
    for theme in THEMES:
        path = circuit_file(qubits, layers, theme)
        partial = path.with_suffix(".part")
        partial.write_text(draw_svg(circuit, theme), encoding="utf-8")
        partial.replace(path)
