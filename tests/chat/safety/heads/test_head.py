"""A head: scores from its numbers, levels from its thresholds, the same after its file."""

from pathlib import Path

import numpy as np
import pytest

from chat.safety.heads.head import Head, Threshold, heads_read, heads_save
from chat.safety.levels import Level


def made(**changes: object) -> Head:
    settings: dict = {
        "language": "xx",
        "kind": "reply",
        "classes": ("blame", "dose"),
        "thresholds": {"blame": Threshold(0.4, 0.75), "dose": Threshold(0.5)},
        "data_sha256": "abc",
        "weight": np.array([[1, 0, 0], [0, 2, 0]], np.float32),
        "bias": np.array([0, -1], np.float32),
    }
    return Head(**settings | changes)


def test_scores_and_levels() -> None:
    first, second = made().scores(np.array([[0, 0, 0], [2, 0.5, 9]], np.float32))
    assert first == {"blame": pytest.approx(0.5), "dose": pytest.approx(1 / (1 + np.e))}
    assert second == {"blame": pytest.approx(1 / (1 + np.exp(-2))), "dose": pytest.approx(0.5)}
    assert made().level("blame", 0.5) == Level.RAISED
    assert made().level("blame", 0.75) == Level.HIGH
    assert made().level("dose", 1.0) == Level.RAISED
    assert made().level("dose", 0.49) == Level.ORDINARY
    assert made().level("unheard of", 1.0) == Level.ORDINARY


def test_the_file_holds_all_languages(tmp_path: Path) -> None:
    limits = {"blame": Threshold(0.1, 0.2), "dose": Threshold(0.3)}
    heads = {"xx": made(), "yy": made(language="yy", thresholds=limits)}
    read = heads_read(heads_save(heads, tmp_path))
    assert set(read) == {"xx", "yy"}
    for language, head in heads.items():
        assert np.array_equal(read[language].weight, head.weight)
        assert np.array_equal(read[language].bias, head.bias)
        for name in ("language", "kind", "classes", "thresholds", "data_sha256"):
            assert getattr(read[language], name) == getattr(head, name)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no threshold"):
        made(thresholds={})
    with pytest.raises(ValueError, match="do not fit"):
        made(bias=np.zeros(3))
    with pytest.raises(ValueError, match="not named KIND"):
        heads_read(tmp_path / "en-reply.safetensors")
