"""Circuit drawings for the run form, made once by Qiskit in a worker and kept as SVG files."""

import json

from finetune.selectors.run_circuits import THEMES, picture_file
from finetune.training.pictures import picture_of


def circuit_draw(adapter: str, options: str) -> None:
    """Draw both themes. Runs in a worker only: Qiskit is heavy and the web process stays light.

    Args:
        adapter: its name in the registry.
        options: its options as JSON.
    """
    from quantum.drawing import draw_svg

    picture = picture_of(adapter, json.loads(options))
    if picture is None:
        return
    for theme in THEMES:
        path = picture_file(picture.key, theme)
        partial = path.with_suffix(".part")
        partial.write_text(draw_svg(picture.circuit, theme), encoding="utf-8")
        partial.replace(path)
