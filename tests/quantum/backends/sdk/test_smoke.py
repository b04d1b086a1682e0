"""The smoke test by hand, with the double in place of the chip."""

import pytest

from quantum.backends.sdk import smoke
from tests.doubles.wukong_cloud import WukongDouble
from tests.quantum.backends.wukong_cast import KEY, needs_sdk

pytestmark = needs_sdk


def test_it_asks_and_then_sends_once(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WUKONG_API_KEY", KEY)
    with WukongDouble() as double:
        ledger = str(tmp_path / "smoke.sqlite3")
        monkeypatch.setattr("sys.argv", ["smoke", "--url", double.url, "--ledger", ledger])
        monkeypatch.setattr("builtins.input", lambda question: "n")
        with pytest.raises(SystemExit, match="Nothing was sent"):
            smoke.main()
        assert double.calls["submit"] == 0
        monkeypatch.setattr("builtins.input", lambda question: "y")
        smoke.main()
        smoke.main()
        assert double.calls["submit"] == 1
    assert "'111'" in capsys.readouterr().out
