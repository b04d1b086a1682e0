"""What a trainer has taken is written while it works, and summed over all of a run's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from finetune.training.use import energy
from finetune.training.use.energy import ESTIMATED, WATTS, Energy
from finetune.training.use.meter import Meter, Use, peak_bytes


def domain(powercap: Path, name: str, microjoules: int, most: int = 10_000_000) -> Path:
    folder = powercap / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    (folder / "max_energy_range_uj").write_text(f"{most}\n")
    return folder


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))


def test_it_writes_what_was_taken(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    meter.measured = lambda: {"steps": 3, "step_seconds": 1.5}
    burn(0.3)
    meter.write()
    use = Use.of(tmp_path)
    assert 0.25 < use.processor_seconds < 2
    assert use.seconds >= 0.25
    assert use.peak_bytes == pytest.approx(peak_bytes(), rel=0.2)
    assert use.measured == {"steps": 3, "step_seconds": 1.5}
    assert use.joules > 0
    assert use.result["energy_source"] == use.source


def test_all_trainers_of_a_run_are_summed(tmp_path: Path) -> None:
    folder = tmp_path / "use"
    folder.mkdir()
    part = {"seconds": 2, "processor_seconds": 3, "peak_bytes": 10, "joules": 5, "source": "RAPL"}
    (folder / "1-1.json").write_text(json.dumps({**part, "measured": {"steps": 4}}))
    other = {**part, "peak_bytes": 30, "source": ESTIMATED, "measured": {"steps": 1, "more": 2}}
    (folder / "2-1.json").write_text(json.dumps(other))
    (folder / "3-1.json").write_text('{"seconds": ')  # torn
    (folder / "4-1.json").write_text("{}")
    use = Use.of(tmp_path)
    assert (use.seconds, use.processor_seconds, use.peak_bytes, use.joules) == (4, 6, 30, 10)
    assert use.measured == {"steps": 5, "more": 2}
    assert use.source == f"RAPL; {ESTIMATED}"
    assert Use.of(tmp_path / "nothing") == Use(measured={})


def test_a_full_disk_does_not_stop_a_trainer(tmp_path: Path) -> None:
    (tmp_path / "use").write_text("no folder")
    Meter(tmp_path).write()
    assert (tmp_path / "use").read_text() == "no folder"


def test_the_processors_counter_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = iter([100.0, 108.0])
    monkeypatch.setattr(energy, "busy_seconds", lambda: next(busy))
    domain(tmp_path, "intel-rapl:0", 1_000_000)
    domain(tmp_path, "intel-rapl:0:0", 500_000)  # a part of the package
    domain(tmp_path, "intel-rapl:1", 9_000_000)
    meter = Energy(tmp_path)
    domain(tmp_path, "intel-rapl:0", 5_000_000)
    domain(tmp_path, "intel-rapl:1", 1_000_000)  # it went round
    joules, source = meter.joules(2.0)
    assert joules == pytest.approx((4 + 2) * 2 / 8)
    assert source == "RAPL"


def test_without_a_counter_it_is_estimated(tmp_path: Path) -> None:
    assert Energy(tmp_path).joules(30.0) == (30 * WATTS, ESTIMATED)
    (domain(tmp_path, "intel-rapl:0", 1) / "energy_uj").unlink()
    assert Energy(tmp_path).joules(1.0)[1] == ESTIMATED
