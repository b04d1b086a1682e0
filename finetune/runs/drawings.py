"""Circuit drawings for the run form, made once by Qiskit in a worker and kept as SVG files.

They are asked for by pages that only look, so they have a queue of their own with bounded length:
nothing that somebody waits for stands behind them.
"""

import json
import time
from pathlib import Path

from django.conf import settings

from finetune.queue import enqueue, messages_waiting
from finetune.training.circuits.pictures import picture_of
from finetune.training.run_circuit import RunCircuit

from .circuits import THEMES, picture_file

QUEUE = "drawings"
MOST_WAITING = 20
ASK_AGAIN_SECONDS = 20


def picture_ready(circuit: RunCircuit) -> bool:
    """Whether both themes are drawn. If not, a worker is asked, at most every twenty seconds.

    The message lasts no longer than that. Where many drawings wait already, the page that asks
    again in a moment comes into the queue when there is room.
    """
    if drawn(circuit.key):
        return True
    asked = asked_file(circuit.key)
    if asked.exists() and time.time() - asked.stat().st_mtime < ASK_AGAIN_SECONDS:
        return False
    waiting = messages_waiting(QUEUE)
    if waiting is not None and waiting < MOST_WAITING:
        asked.touch()
        options = json.dumps(circuit.settings.options, sort_keys=True)
        enqueue("circuit_draw", circuit.settings.adapter, options, expires=ASK_AGAIN_SECONDS)
    return False


def drawn(key: str) -> bool:
    return all(picture_file(key, theme).is_file() for theme in THEMES)


def asked_file(key: str) -> Path:
    """Its time says when a worker was asked last."""
    return Path(settings.CIRCUIT_DIR) / f"{key}.asked"


def circuit_draw(adapter: str, options: str) -> None:
    """Draw both themes. Runs in a worker only: Qiskit is heavy and the web process stays light.

    Args:
        adapter: its name in the registry.
        options: its options as JSON.
    """
    picture = picture_of(adapter, json.loads(options))
    if picture is None or drawn(picture.key):
        return
    from quantum.circuits.drawing import draw_svg

    for theme in THEMES:
        path = picture_file(picture.key, theme)
        partial = path.with_suffix(".part")
        partial.write_text(draw_svg(picture.circuit, theme), encoding="utf-8")
        partial.replace(path)
    asked_file(picture.key).unlink(missing_ok=True)
