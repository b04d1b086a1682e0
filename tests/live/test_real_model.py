"""The real SmolLM2 through the whole chain once: run with the circuit, then talk to the result."""

import pytest

from tests.live.conftest import SMOLLM2

pytestmark = [pytest.mark.processes, pytest.mark.real_model]


def test_train_and_talk(studio, launch, ended):
    job_id = launch(
        model=SMOLLM2,
        steps=4,
        batch_size=2,
        sequence_length=160,
        learning_rate=0.02,
        eval_every=4,
        eval_dialogues=4,
        sample_tokens=6,
    )
    job = ended(job_id)
    assert job["status"] == "succeeded", job
    with studio.client("alice") as client:
        events = client.get(f"/fine_tuning/jobs/{job_id}/events", params={"limit": 100}).json()
        data = [event["data"] for event in events["data"] if event["data"]]
        checks = [one for one in data if {"step", "validation_loss"} <= set(one)]
        losses = {one["step"]: one["validation_loss"] for one in checks}
        assert losses[4] < losses[0]
        replies = {}
        for model in (SMOLLM2, job["fine_tuned_model"]):
            body = {
                "model": model,
                "messages": [{"role": "user", "content": "Say hello to Ada, please."}],
                "max_tokens": 12,
                "temperature": 0,
            }
            answer = client.post("/chat/completions", json=body)
            assert answer.status_code == 200, answer.text
            replies[model] = answer.json()["choices"][0]["message"]["content"]
    assert all(text.strip() for text in replies.values())
    with studio.client("charlie") as stranger:
        body["model"] = job["fine_tuned_model"]
        assert stranger.post("/chat/completions", json=body).status_code == 404
