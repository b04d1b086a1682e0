from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from tests.api.conftest import BASE, Site


def test_models_of_the_team(site: Site, alice_client: openai.OpenAI) -> None:
    found = {one.id: one for one in alice_client.models.list()}
    assert found[BASE].owned_by == "wukong-studio"
    assert found[site.seeded["model"]].owned_by == "acorn"
    assert alice_client.models.retrieve(site.seeded["model"]).object == "model"


def test_checkpoints_are_models(
    site: Site, alice_client: openai.OpenAI, charlie_client: openai.OpenAI
) -> None:
    points = alice_client.fine_tuning.jobs.checkpoints.list(site.seeded["run"])
    kept, pruned = [point.fine_tuned_model_checkpoint for point in points]
    names = [one.id for one in alice_client.models.list()]
    assert names[:2] == [site.seeded["model"], kept]
    assert pruned not in names
    assert alice_client.models.retrieve(kept).id == kept
    with pytest.raises(openai.PermissionDeniedError, match="a checkpoint"):
        alice_client.models.delete(kept)

    messages: Any = [{"role": "user", "content": "Hello"}]
    options: Any = {"messages": messages, "max_tokens": 6, "temperature": 0}
    reply = alice_client.chat.completions.create(model=kept, **options)
    base = alice_client.chat.completions.create(model=BASE, **options)
    assert reply.model == kept
    assert reply.choices[0].message.content != base.choices[0].message.content

    for ask in (
        lambda: alice_client.models.retrieve(pruned),
        lambda: alice_client.chat.completions.create(model=pruned, **options),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert caught.value.code == "checkpoint_pruned"
        assert kept in str(caught.value)
    for name in (kept, pruned):
        with pytest.raises(openai.NotFoundError) as caught:
            charlie_client.models.retrieve(name)
        assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError) as caught:
        alice_client.models.retrieve(kept.replace("step-3", "step-2"))
    assert caught.value.code == "model_not_found"


def test_an_encoded_name_is_the_same_name(site: Site) -> None:
    name = site.seeded["model"].replace(":", "%3A")
    headers = {"Authorization": f"Bearer {site.key('alice')}"}
    answer = httpx.get(f"{site.url}/v1/models/{name}", headers=headers)
    assert answer.json()["id"] == site.seeded["model"]
    answer = httpx.get(f"{site.url}/v1/models/some%2Fmodel", headers=headers)
    assert answer.status_code == 404
    assert "some/model" in answer.json()["error"]["message"]


def test_a_base_model_stays(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        alice_client.models.delete(BASE)


def test_deleting_unpublishes(site: Site, alice_client: openai.OpenAI) -> None:
    made = site.python(
        "from finetune.models import Run\n"
        "from finetune.runs.publishing import run_publish\n"
        f"run = Run.objects.get(public_id={site.seeded['run']!r})\n"
        "run.pk = None; run.public_id = 'ftjob-deleteme0000000000000000'; run.save()\n"
        "run_publish(run)\n"
        "print(run.fine_tuned_model)"
    ).strip()
    assert alice_client.models.retrieve(made).id == made
    assert alice_client.models.delete(made).deleted
    with pytest.raises(openai.NotFoundError):
        alice_client.models.retrieve(made)
    assert not (site.folder / "assistants" / "ftjob-deleteme0000000000000000.json").exists()
    assert alice_client.fine_tuning.jobs.retrieve("ftjob-deleteme0000000000000000").status
    site.python(
        "from finetune.models import Run\n"
        "Run.objects.filter(public_id='ftjob-deleteme0000000000000000').delete()"
    )
