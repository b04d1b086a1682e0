"""Names of hosted models, and the operator's table that says what stands for them here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.runs.models import Run
from tests.finetune.api.test_job_queue import JOBS, call  # noqa: F401
from wukongsite.settings.environment import names_table

HOSTED = "gpt-4o-mini-2024-07-18"


@pytest.fixture
def mapped(settings: Any, run_made: Run) -> dict[str, Any]:
    settings.HOSTED_MODELS = {HOSTED: run_made.base.slug, "gpt-gone": "nothing-here"}
    return {"model": HOSTED, "training_file": run_made.dataset.public_id}


@pytest.mark.django_db
def test_a_job_says_which_base_was_taken(call: Any, mapped: Any, run_made: Run) -> None:  # noqa: F811
    made = call("post", JOBS, mapped)
    assert made["model"] == run_made.base.slug
    assert made["wukong"]["model_asked"] == HOSTED
    told = [one["message"] for one in call("get", f"{JOBS}/{made['id']}/events")["data"]]
    assert any(HOSTED in text and run_made.base.slug in text for text in told)
    assert call("get", f"{JOBS}/{made['id']}")["model"] == run_made.base.slug


@pytest.mark.django_db
def test_a_base_under_its_own_name_is_told_of_no_other(
    call: Any,  # noqa: F811
    mapped: Any,
    run_made: Run,
) -> None:
    made = call("post", JOBS, mapped | {"model": run_made.base.slug, "seed": 4})
    assert made["wukong"]["model_asked"] is None
    told = [one["message"] for one in call("get", f"{JOBS}/{made['id']}/events")["data"]]
    assert not any("stands for" in text for text in told)


@pytest.mark.django_db
def test_a_base_of_that_name_goes_before_the_table(
    call: Any,  # noqa: F811
    mapped: Any,
    run_made: Run,
    settings: Any,
) -> None:
    settings.HOSTED_MODELS = {run_made.base.slug: "nothing-here"}
    made = call("post", JOBS, mapped | {"model": run_made.base.slug})
    assert (made["model"], made["wukong"]["model_asked"]) == (run_made.base.slug, None)


@pytest.mark.django_db
def test_other_names_are_refused_as_before(call: Any, mapped: Any) -> None:  # noqa: F811
    for name in ("gpt-4o", "gpt-gone"):
        error = call("post", JOBS, mapped | {"model": name}, status=400)["error"]
        assert (error["param"], error["code"]) == ("model", "model_not_available")


@pytest.mark.django_db
def test_models_evaluations_and_plans_take_the_name(call: Any, mapped: Any, run_made: Run) -> None:  # noqa: F811
    base = run_made.base.slug
    assert call("get", f"/v1/models/{HOSTED}")["id"] == base
    assert call("delete", f"/v1/models/{HOSTED}", status=403)
    assert call("post", "/v1/wukong/plans", mapped)["model"] == base
    body = {"kind": "scores", "base": HOSTED, "file": run_made.dataset.public_id}
    assert call("post", "/v1/wukong/evaluations", body)["base"] == base


def test_the_table_is_json_or_a_file_of_it(tmp_path: Path) -> None:
    table = {HOSTED: "smollm2-135m-instruct"}
    path = tmp_path / "models.json"
    path.write_text(json.dumps(table))
    assert names_table("X", json.dumps(table)) == names_table("X", str(path)) == table
    assert names_table("X", "{}") == {}
    for wrong in ("{", str(tmp_path / "nothing.json"), '{"a": 3}', '{"a": ["b"]}'):
        with pytest.raises(ValueError, match="X "):
            names_table("X", wrong)
    path.write_text("[]")
    with pytest.raises(ValueError, match="object of texts"):
        names_table("X", str(path))
