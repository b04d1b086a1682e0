from __future__ import annotations

import re
import time
from typing import Any

import openai
import pytest

from quantum.adapters.registry import ADAPTERS
from tests.api.conftest import BASE, Site, dialogues


def test_a_job_is_queued_listed_and_cancelled(
    site: Site, alice_client: openai.OpenAI, bob_client: openai.OpenAI
) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(
        model=BASE,
        training_file=site.seeded["file"],
        suffix="gentle",
        seed=11,
        metadata={"topic": "exams"},
        method={
            "type": "supervised",
            "supervised": {
                "hyperparameters": {
                    "n_epochs": 2,
                    "batch_size": "auto",
                    "learning_rate_multiplier": 0.5,
                }
            },
        },
        extra_body={"adapter": "lora", "adapter_options": {"r": 4}, "sequence_length": 128},
    )
    assert job.id.startswith("ftjob-")
    assert job.object == "fine_tuning.job"
    assert job.status == "queued"
    assert job.seed == 11
    assert job.model == BASE
    assert job.hyperparameters.n_epochs == 2
    assert job.hyperparameters.learning_rate_multiplier == 0.5
    assert job.method
    assert job.method.type == "supervised"
    assert job.metadata == {"topic": "exams"}
    assert job.fine_tuned_model is None
    assert job.error is None
    assert job.result_files == []
    config = job.model_extra["wukong"]["config"]  # type: ignore[index]
    assert config["adapter"] == "lora"
    assert config["sequence_length"] == 128
    assert config["adapter_options"]["r"] == 4
    assert config["learning_rate"] == 0.5 * ADAPTERS["lora"].default_learning_rate
    assert job.model_extra["wukong"]["total_steps"] > 50  # type: ignore[index]

    assert bob_client.fine_tuning.jobs.retrieve(job.id).id == job.id
    found = jobs.list(metadata={"topic": "exams"})
    assert [one.id for one in found] == [job.id]
    assert job.id in [one.id for one in jobs.list(limit=1)]

    cancelled = jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at
    with pytest.raises(openai.ConflictError) as caught:
        jobs.cancel(job.id)
    assert caught.value.response.headers["x-should-retry"] == "false"
    events = jobs.list_events(job.id, limit=1)
    assert "ancelled" in events.data[0].message
    assert events.has_more
    numbers = [int(one.id.rsplit("-", 1)[1]) for one in jobs.list_events(job.id, limit=1)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == 1


def test_pause_and_resume(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(model=BASE, training_file=site.seeded["file"], suffix="pausing")
    assert jobs.pause(job.id).status == "paused"
    with pytest.raises(openai.ConflictError):
        jobs.pause(job.id)
    assert jobs.resume(job.id).status == "queued"
    jobs.cancel(job.id)


def test_a_file_that_is_still_being_checked_will_do(alice_client: openai.OpenAI) -> None:
    made = alice_client.files.create(file=("fresh.jsonl", dialogues(16, 70)), purpose="fine-tune")
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(model=BASE, training_file=made.id, hyperparameters={"n_epochs": 3})
    assert job.status in {"validating_files", "queued"}
    deadline = time.monotonic() + 60
    while (job := jobs.retrieve(job.id)).status != "queued":
        assert job.status == "validating_files", job
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert job.hyperparameters.n_epochs == 3
    jobs.cancel(job.id)


def test_a_lost_answer_makes_no_second_job(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    body: dict[str, Any] = {"model": BASE, "training_file": site.seeded["file"], "suffix": "once"}
    first = jobs.create(**body)
    again = jobs.with_raw_response.create(**body)
    assert again.parse().id == first.id
    assert again.headers["x-wukong-repeated"] == "true"
    other = jobs.create(**body, seed=3)
    assert other.id != first.id
    for job in (first, other):
        jobs.cancel(job.id)


def test_a_cancelled_job_is_not_answered_again(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    body: dict[str, Any] = {"model": BASE, "training_file": site.seeded["file"], "suffix": "anew"}
    made = []
    for _ in range(3):
        job = jobs.create(**body)
        assert jobs.create(**body).id == job.id
        assert jobs.cancel(job.id).status == "cancelled"
        made.append(job.id)
    assert len(set(made)) == 3
    keyed = {**body, "extra_headers": {"Idempotency-Key": "one"}}
    first = jobs.create(**keyed)
    jobs.cancel(first.id)
    assert jobs.create(**keyed).id == first.id


def test_an_integration_is_left_out_with_a_warning(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(
        model=BASE,
        training_file=site.seeded["file"],
        integrations=[
            {"type": "wandb", "wandb": {"project": "p"}},
            {"type": "elsewhere"},  # type: ignore[typeddict-item]
        ],
    )
    warnings = [one.message for one in jobs.list_events(job.id) if one.level == "warn"]
    assert len(warnings) == 2
    assert "'elsewhere'" in warnings[0]
    assert "'wandb'" in warnings[1]
    assert job.integrations == []
    jobs.cancel(job.id)


def test_hyperparameters_are_told_once_they_are_known(
    site: Site, alice_client: openai.OpenAI
) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(
        model=BASE, training_file=site.seeded["file"], extra_body={"steps": 4, "batch_size": 2}
    )
    assert job.status == "queued"
    assert job.hyperparameters.batch_size == 2
    assert job.hyperparameters.n_epochs == 1  # begun
    assert job.hyperparameters.learning_rate_multiplier == 1
    assert job.method
    assert job.method.supervised
    assert job.method.supervised.hyperparameters
    assert job.method.supervised.hyperparameters.n_epochs == 1
    assert 0 < job.model_extra["wukong"]["epochs"] < 1  # type: ignore[index]
    jobs.cancel(job.id)


def test_settings_may_stand_in_the_metadata(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.create(
        model=BASE,
        training_file=site.seeded["file"],
        metadata={
            "wukong_steps": "5",
            "wukong_targets": "q_proj, v_proj",
            "wukong_adapter_options": '{"r": 4}',
            "topic": "grief",
            "batch_size": "large",
            "backend": "prod",
        },
    )
    config = job.model_extra["wukong"]["config"]  # type: ignore[index]
    assert config["steps"] == 5
    assert config["targets"] == ["q_proj", "v_proj"]
    assert config["adapter_options"]["r"] == 4
    assert config["backend"] == "statevector"
    assert job.metadata
    assert job.metadata["topic"] == "grief"
    assert job.metadata["backend"] == "prod"
    assert job.metadata["batch_size"] == "large"
    assert [one.id for one in jobs.list(metadata={"backend": "prod"})] == [job.id]
    jobs.cancel(job.id)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"model": "gpt-none"}, "model", BASE),
    ({"extra_body": {"adapter": "nothing"}}, "adapter", "qtha"),
    ({"extra_body": {"backend": "nothing"}}, "backend", "statevector"),
    ({"extra_body": {"preset": "nothing"}}, "preset", "quick"),
    ({"extra_body": {"qbits": 4}}, "qbits", "adapter_options"),
    ({"extra_body": {"targets": ["nothing"]}}, "targets", "q_proj"),
    ({"extra_body": {"steps": 0}}, "steps", "1"),
    ({"extra_body": {"steps": "many"}}, "steps", "integer"),
    ({"metadata": {"wukong_stepz": "1"}}, "metadata.wukong_stepz", "steps"),
    ({"metadata": {"wukong_steps": "many"}}, "metadata.wukong_steps", "integer"),
    (
        {"metadata": {"wukong_sample_prompts": '["\\ud800"]'}},
        "metadata.wukong_sample_prompts",
        "half",
    ),
    ({"extra_body": {"adapter_options": {"r": 99}}}, "adapter_options.r", "1 to"),
    ({"extra_body": {"adapter_options": {"qbits": 4}}}, "adapter_options.qbits", "not an option"),
    (
        {"extra_body": {"backend": "aer", "adapter": "qgs", "backend_options": {"noise": "x"}}},
        "backend_options.noise",
        "chip72",
    ),
    ({"metadata": {str(n): "x" for n in range(17)}}, "metadata", "16"),
    ({"suffix": "x" * 65}, "suffix", "64"),
    ({"seed": -1}, "seed", "0"),
    ({"integrations": [{"wandb": {"project": "p"}}]}, "integrations[0].type", "required"),
    ({"method": {"type": "reinforcement"}}, "method.type", "supervised"),
    ({"hyperparameters": {"batch_size": 0}}, "hyperparameters.batch_size", "1"),
    ({"hyperparameters": {"n_epochs": "lots"}}, "hyperparameters.n_epochs", "integer"),
    (
        {"hyperparameters": {"n_epochs": 2}, "extra_body": {"steps": 5}},
        "n_epochs",
        "steps",
    ),
]


@pytest.mark.parametrize(("change", "param", "word"), BAD, ids=lambda item: str(item)[:40])
def test_a_bad_value_is_named(
    site: Site, alice_client: openai.OpenAI, change: dict[str, Any], param: str, word: str
) -> None:
    body = {"model": BASE, "training_file": site.seeded["file"], **change}
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.fine_tuning.jobs.create(**body)
    assert caught.value.param == param
    assert word in str(caught.value), caught.value
    assert f"{param}: {param}:" not in str(caught.value)


def test_an_unknown_file_is_not_found(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        alice_client.fine_tuning.jobs.create(model=BASE, training_file="file-none")
    assert caught.value.param == "training_file"


def test_a_job_that_succeeded_tells_what_it_made(site: Site, alice_client: openai.OpenAI) -> None:
    jobs = alice_client.fine_tuning.jobs
    job = jobs.retrieve(site.seeded["run"])
    assert job.status == "succeeded"
    assert job.trained_tokens == 999
    assert job.fine_tuned_model == site.seeded["model"]
    events = list(jobs.list_events(job.id, limit=2))
    assert len(events) == 8
    metrics = [one for one in events if one.type == "metrics"]
    assert metrics[0].data["valid_mean_token_accuracy"] == 0.6  # type: ignore[index]
    point, _ = jobs.checkpoints.list(job.id)
    assert point.step_number == 3
    assert point.metrics.train_loss == 1.0
    assert point.metrics.full_valid_loss == point.metrics.valid_loss == 1.5
    assert point.fine_tuned_model_checkpoint.endswith(":ckpt-step-3")
    with pytest.raises(openai.BadRequestError):
        jobs.list_events(job.id, after="ftevent-other-1")


# -- quantum computers, and going on from another job --------------------------------------

QUANTUM: dict[str, Any] = {
    "adapter": "qgs",
    "adapter_options": {"n_qubits": 4, "gradient": "spsa", "shots": 10},
    "backend": "wukong",
    "steps": 1,
}
ADD_KEY = """
from finetune.models import QuantumKey, User
user = User.objects.get(username="{name}")
made = QuantumKey.objects.create(
    team=user.teams.get(), created_by=user, label="test", encrypted="x", last_four="abcd"
)
print(made.public_id)
"""


def refused(client: openai.OpenAI, site: Site, **extra: Any) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.jobs.create(
            model=BASE, training_file=site.seeded["file"], extra_body=extra
        )
    return caught.value


def test_nothing_is_spent_without_consent(site: Site, alice_client: openai.OpenAI) -> None:
    error = refused(alice_client, site, **QUANTUM)
    assert (error.code, error.param) == ("agreement_needed", "spending")
    needed = re.search(r"up to ([\d,]+) circuits, ([\d,]+) shots and about ([\d,]+) s", str(error))
    assert needed
    circuits, shots, seconds = (int(text.replace(",", "")) for text in needed.groups())

    key = site.python(ADD_KEY.format(name="alice")).strip().splitlines()[-1]
    other = site.python(ADD_KEY.format(name="charlie")).strip().splitlines()[-1]
    consent = {"key": key, "circuits": circuits, "shots": shots, "seconds": seconds + 1}
    small = {**consent, "circuits": circuits - 1}
    assert refused(alice_client, site, **QUANTUM, spending=small).code == "agreement_too_small"
    theirs = {**consent, "key": other}
    assert refused(alice_client, site, **QUANTUM, spending=theirs).code == "not_found"
    long = {**QUANTUM, "steps": 100_000}
    assert refused(alice_client, site, **long, spending=consent).code == "cap"
    address = {**QUANTUM, "backend_options": {"url": "http://elsewhere.example"}}
    assert "Quantum page" in str(refused(alice_client, site, **address, spending=consent))
    by_epochs = {name: value for name, value in QUANTUM.items() if name != "steps"}
    error = refused(alice_client, site, **by_epochs, preset="paper", spending=consent)
    assert error.param == "steps"

    job = alice_client.fine_tuning.jobs.create(
        model=BASE,
        training_file=site.seeded["file"],
        extra_body={**QUANTUM, "spending": consent},
    )
    assert job.status == "queued"
    assert job.model_extra["wukong"]["config"]["backend"] == "wukong"  # type: ignore[index]
    alice_client.fine_tuning.jobs.cancel(job.id)


def test_a_path_on_this_machine_is_no_setting(site: Site, alice_client: openai.OpenAI) -> None:
    error = refused(alice_client, site, start_adapter="/etc")
    assert error.code == "unknown_parameter"


def test_going_on_needs_a_job_of_the_team_with_an_adapter(
    site: Site, alice_client: openai.OpenAI, charlie_client: openai.OpenAI
) -> None:
    first = alice_client.fine_tuning.jobs.create(
        model=BASE, training_file=site.seeded["file"], suffix="first", extra_body={"steps": 2}
    )
    error = refused(alice_client, site, steps=2, continue_from=first.id)
    assert error.param == "continue_from"
    assert "neither a trained adapter nor a checkpoint" in str(error)
    with pytest.raises(openai.NotFoundError):
        charlie_client.fine_tuning.jobs.create(
            model=BASE, training_file="file-x", extra_body={"continue_from": first.id}
        )
    alice_client.fine_tuning.jobs.cancel(first.id)


def test_a_tuned_model_is_gone_on_from(
    site: Site, alice_client: openai.OpenAI, charlie_client: openai.OpenAI
) -> None:
    jobs = alice_client.fine_tuning.jobs
    model, file = site.seeded["model"], site.seeded["file"]
    job = jobs.create(model=model, training_file=file, extra_body={"steps": 2})
    earlier = jobs.retrieve(site.seeded["run"]).model_extra["wukong"]["config"]  # type: ignore[index]
    config = job.model_extra["wukong"]["config"]  # type: ignore[index]
    assert job.model == model
    assert config["steps"] == 2
    for name in ("adapter", "backend", "targets", "seed", "system_prompt"):
        assert config[name] == earlier[name]
    jobs.cancel(job.id)

    def problem(client: openai.OpenAI, **body: Any) -> openai.BadRequestError:
        with pytest.raises(openai.BadRequestError) as caught:
            client.fine_tuning.jobs.create(training_file=file, **body)
        return caught.value

    other = problem(alice_client, model=model, extra_body={"adapter": "lora"})
    assert other.param == "model"
    assert "adapter must stay" in str(other)
    assert problem(alice_client, model=model, seed=earlier["seed"] + 1).param == "model"
    both = problem(alice_client, model=model, extra_body={"continue_from": job.id})
    assert both.param == "continue_from"
    assert problem(alice_client, model="ft:a:b:c:d").code == "model_not_available"
    assert problem(charlie_client, model=model).code == "model_not_available"
    point = problem(alice_client, model=f"{model}:ckpt-step-1")  # its files are gone
    assert point.param == "model"
    assert "after step 1 is not kept any more" in str(point)
