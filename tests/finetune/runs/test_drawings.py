"""Drawings are asked for once, in a bounded number, and never stand before what is waited for."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings

from finetune.runs import drawings as circuits
from finetune.runs.circuits import THEMES, picture_file
from finetune.training.run_circuit import RunCircuit, circuit_for
from finetune.training.settings import RunSettings

pytestmark = pytest.mark.django_db
WORDS = "<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
def broker() -> Any:
    client = redis.Redis.from_url(settings.VALKEY_URL)
    client.delete("drawings", "default", "checks")
    yield client
    client.delete("drawings", "default", "checks")
    client.close()


@pytest.fixture
def ready(django_capture_on_commit_callbacks: Any) -> Any:
    def look(circuit: RunCircuit) -> bool:
        with django_capture_on_commit_callbacks(execute=True):
            return circuits.picture_ready(circuit)

    return look


def circuit(width: int) -> RunCircuit:
    """A circuit that nobody has drawn or asked for."""
    found = circuit_for(RunSettings(adapter_options={"r": width}), (), for_picture=True)
    assert found
    circuits.asked_file(found.key).unlink(missing_ok=True)
    for theme in THEMES:
        picture_file(found.key, theme).unlink(missing_ok=True)
    return found


def test_many_looks_are_one_drawing_in_its_own_queue(broker: Any, ready: Any) -> None:
    one = circuit(4)
    assert not any(ready(one) for _ in range(10))
    assert broker.llen("drawings") == 1
    assert broker.llen("default") == broker.llen("checks") == 0


def test_many_circuits_are_bounded_and_come_in_later(
    broker: Any, ready: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuits, "MOST_WAITING", 2)
    three = [circuit(width) for width in (3, 4, 5)]
    for one in three:
        ready(one)
    assert broker.llen("drawings") == 2
    broker.rpop("drawings")
    ready(three[2])
    assert broker.llen("drawings") == 2


def test_a_message_that_comes_too_late_draws_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from quantum.circuits import drawing

    one, drawn = circuit(4), []

    def draw(circuit: Any, theme: str) -> str:
        drawn.append(theme)
        return WORDS

    monkeypatch.setattr(drawing, "draw_svg", draw)
    circuits.asked_file(one.key).touch()
    for _ in range(2):
        circuits.circuit_draw("qtha", '{"r": 4}')
    assert drawn == list(THEMES)
    assert circuits.drawn(one.key)
    assert not circuits.asked_file(one.key).exists()
