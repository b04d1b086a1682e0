"""Charlie, of another team, walks every route with the ids of Alice's things and finds nothing.

The routes come from the resolver, so a new one with a parameter that this file does not know fails
here until somebody says whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

import chat.routing
import finetune.runs.page.routing
from wukongsite.asgi import application

PUBLIC = {
    "health",
    "sign-in/",
    "language/",
    "language/<slug:language>/words.js",
    "sign-in/<str:token>/",
    "circuits/<str:key>-<str:theme>.svg",
    "studies/shared/<str:token>/",  # for who has the link: tests/finetune/studies
    "studies/shared/<str:token>/report.html",
    "chat/shared/<str:public_id>/<str:token>/",  # for who has the link: tests/chat/notes
}
BODIES = {  # what an endpoint of the API needs to look at all
    "priority": {"priority": "high"},
    "complete": {"part_ids": ["part_x"]},
    "versions": {"fix_all": True},
    "check": {},
}
NO_OBJECT = re.compile(r"^[^<(]*$")


def routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not text.startswith("admin/"):
                yield from routes(entry, text)
        elif isinstance(entry, URLPattern):
            yield text


ALL = sorted(set(routes()))


def by_part(chosen: Iterable[str]) -> Any:
    """One test for each part of the site: to make Alice's things takes longer than a route."""
    parts: dict[str, list[str]] = {}
    for route in chosen:
        parts.setdefault(route.lstrip("^").split("/")[0] or "home", []).append(route)
    return pytest.mark.parametrize("part", list(parts.values()), ids=list(parts))


@pytest.fixture
def talk(team: Any, alice: Any, base: Any) -> Any:
    from chat.conversations import services
    from finetune.runs.assistants import assistant_of_base

    conversation, _ = services.conversation_start(
        team=team, user=alice, assistants=[assistant_of_base(base)], text="A hard day."
    )
    return conversation


@pytest.fixture
def things(run_made: Any, dataset: Any, talk: Any, team: Any, alice: Any, bob: Any) -> Any:
    """Alice's objects, in the place of each parameter of each part of the site."""
    from chat.notes.models import SessionNote
    from chat.privacy.models import DeletionReceipt
    from finetune.datasets.findings.models import Findings
    from finetune.datasets.parts.services import upload_create
    from finetune.evaluation.models import Evaluation
    from finetune.exports.models import Export
    from finetune.runs.trial.models import Trial
    from finetune.teams.invitations import invitation_create
    from finetune.teams.keys.services import key_create

    run_made.state = "succeeded"
    run_made.save()
    hook, delivery = alert_things(team, alice)
    key, _ = key_create(team=team, user=alice, name="hers")
    quantum = quantum_things(team, alice)
    note = SessionNote.objects.create(user=alice, title="hers", text="A hard day.")
    receipt = DeletionReceipt.objects.create(user=alice, reason="asked", counts={})
    invited = invitation_create(team=team, name="dora", by=alice)
    tried = Trial.objects.create(
        team=team, created_by=alice, base=run_made.base, dataset=dataset, config={}, work={}
    )
    Findings.objects.create(dataset=dataset, state="done")
    made = Export.objects.create(run=run_made, created_by=alice, parts=["adapter"])
    evaluation = Evaluation.objects.create(
        team=team, created_by=alice, run=run_made, base=run_made.base, kind="scores"
    )
    upload = upload_create(team=team, user=alice, filename="a.jsonl", size=10)
    return {
        **quantum,
        "alerts/webhooks/": {"public_id": hook.public_id},
        "alerts/deliveries/": {"public_id": delivery.public_id},
        "v1/webhooks": {"webhook_id": hook.public_id},
        **study_things(run_made, alice),
        "data/uploads/": {"public_id": upload.public_id},
        "data/": {
            "public_id": dataset.public_id,
            "number": "0",
            "line": "1",
            "name": "near_duplicates",
        },
        "bases/": {"slug": "qwen3-0-6b"},
        "runs/trials/": {"public_id": tried.public_id},
        "runs/": {
            "public_id": run_made.public_id,
            "part": "samples",
            "export_id": made.public_id,
            "evaluation_id": evaluation.public_id,
        },
        "chat/notes/": {"public_id": note.public_id},
        "chat/yours/receipts/": {"public_id": receipt.public_id},
        "chat/personas/": {"public_id": persona_of(team).public_id},
        **reviewed(team, run_made),
        "chat/": {"public_id": talk.public_id, "turn": "1"},
        "safety/runs/": {"public_id": run_made.public_id},
        "keys/": {"pk": str(key.pk)},
        "team/invitations/": {"pk": str(invited.pk)},
        "team/members/": {"pk": str(bob.memberships.get().pk)},
        "v1/files": {"file_id": dataset.public_id},
        "v1/uploads": {"upload_id": upload.public_id},
        "v1/fine_tuning": {"fine_tuning_job_id": run_made.public_id, "export_id": made.public_id},
        "v1/wukong/datasets": {"file_id": dataset.public_id, "kind": "x", "number": "0"},
        "v1/wukong": {"evaluation_id": evaluation.public_id},
        "v1/models": {"model": run_made.fine_tuned_model},
    }


def study_things(run: Any, alice: Any) -> dict[str, dict[str, str]]:
    """A study with a link."""
    from finetune.studies.form.matching import matched_settings
    from finetune.studies.links import link_create
    from finetune.studies.models import Study, StudyRun

    study = Study.objects.create(
        team=run.team, name="A hard day", base=run.base, dataset=run.dataset, adapter="qtha",
        config=matched_settings(run.settings).model_dump(),
    )  # fmt: skip
    link, _ = link_create(study=study, user=alice)
    StudyRun.objects.create(study=study, run=run, key="k", arm="circuit", rate=0.01, seed=1)
    return {
        "studies/": {"public_id": study.public_id, "link_id": link.public_id},
        "v1/wukong/studies": {"study_id": study.public_id},
    }


def alert_things(team: Any, alice: Any) -> Any:
    """A webhook, and a test that was given up."""
    from finetune.alerts.models import Delivery
    from finetune.alerts.services import webhook_create, webhook_test

    url = "https://93.184.216.34/hook"
    hook, _ = webhook_create(
        team=team, user=alice, name="A hard day", url=url, kinds=["run.failed"]
    )
    delivery = webhook_test(hook=hook)
    Delivery.objects.update(state="failed")
    return hook, delivery


def persona_of(team: Any) -> Any:
    """A published persona."""
    from django.utils import timezone

    from chat.personas.models import Persona, PersonaVersion

    persona = Persona.objects.create(team=team, slug="hers")
    PersonaVersion.objects.create(
        persona=persona, number=1, name="Hers alone", description="A hard day", assistant="a",
        assistant_title="A", instruction="A hard day", published_at=timezone.now(),
        languages="en",
    )  # fmt: skip
    return persona


def reviewed(team: Any, run: Any) -> dict[str, dict[str, str]]:
    """A finished probing, a comparison, and pairs for a reviewer to sign."""
    from chat.ratings.signing.models import PairSet
    from chat.reviews.models import Comparison, ProbeRun

    probing = ProbeRun.objects.create(
        team=team, run=run, assistant="a", title="hers", base="b", probe_set="1",
        checkpoint_hash="0", state=ProbeRun.State.DONE,
    )  # fmt: skip
    comparison = Comparison.objects.create(team=team, title="hers", probes=[])
    comparison.arms.set([probing])
    pairs = PairSet.objects.create(team=team, name="hers", marks=["a"])
    return {
        "chat/team-ratings/sets/": {"public_id": pairs.public_id},
        "safety/probes/": {"public_id": probing.public_id},
        "safety/comparisons/": {"public_id": comparison.public_id, "kind": "conversations"},
    }


def quantum_things(team: Any, alice: Any) -> dict[str, dict[str, str]]:
    """A key, a calibration, a finished job and an experiment, each with all its parts."""
    from django.utils import timezone

    from finetune.explorer.models import QuantumExperiment
    from finetune.hardware.chips import calibration_store
    from finetune.hardware.keys import cloud_key_create
    from finetune.hardware.models import QuantumJob
    from quantum.chips.published import published_72

    now = timezone.now()
    key = cloud_key_create(team=team, user=alice, label="hers", secret="0123456789abcdef")
    figures = calibration_store(key=key, calibration=published_72())
    experiment = QuantumExperiment.objects.create(
        team=team, created_by=alice, name="hers", spec={}, result={"exports": {"openqasm": "x"}}
    )
    job = QuantumJob.objects.create(
        team=team, key=key, experiment=experiment, scope="s", fingerprint="f", backend="wukong",
        state="done", circuits=1, shots=1, total_shots=1, seconds_high=1, payload="{}",
        result='{"raw": "reply", "counts": []}', created_at=now, updated_at=now,
    )  # fmt: skip
    return {
        "quantum/keys/": {"public_id": key.public_id},
        "quantum/chips/": {"public_id": figures.public_id},
        "quantum/jobs/": {"public_id": job.public_id, "part": "reply"},
        "v1/wukong/quantum_jobs": {"quantum_job_id": job.public_id},
        "quantum/experiments/": {
            "public_id": experiment.public_id, "theme": "light", "kind": "openqasm"
        },
    }  # fmt: skip


def filled(route: str, things: dict[str, dict[str, str]]) -> str:
    """The route with Alice's ids in it."""
    plain = route.replace("^", "").replace("$", "")
    own = next(values for prefix, values in things.items() if plain.startswith(prefix))

    def value(match: re.Match[str]) -> str:
        return own[match.group("name")]

    plain = re.sub(r"\(\?P<(?P<name>\w+)>[^)]*\)", value, plain)
    return "/" + re.sub(r"<(?:\w+:)?(?P<name>\w+)>", value, plain)


def test_routes_are_found():
    assert any(route.startswith("runs/<str:public_id>") for route in ALL)
    assert any(route.startswith("v1/fine_tuning") for route in ALL)


def with_object(route: str) -> bool:
    return (
        route not in PUBLIC and bool(re.search(r"[<(]", route)) and not route.startswith("static")
    )


@by_part(route for route in ALL if with_object(route))
def test_charlie_finds_nothing(part, things, charlie):
    from finetune.teams.keys.services import key_create

    _, secret = key_create(team=charlie.teams.get(), user=charlie, name="his")
    for route in part:
        path = filled(route, things)
        client = Client(raise_request_exception=False)
        headers, body = {}, {}
        if route.startswith("v1/"):
            headers = {"authorization": f"Bearer {secret}"}
            sent = BODIES.get(route.rpartition("/")[2], {})
            body = {"data": sent, "content_type": "application/json"}
            if route.endswith("/parts"):
                body = {"data": {"data": SimpleUploadedFile("part", b"x")}}
        else:
            client.force_login(charlie)
        codes = {
            method: getattr(client, method)(
                path, headers=headers, **(body if method == "post" else {})
            ).status_code
            for method in ("get", "post", "delete")
        }
        assert set(codes.values()) <= {404, 405}, f"{path}: {codes}"
        assert 404 in codes.values(), f"{path}: {codes}"


@by_part(route for route in ALL if with_object(route))
def test_nobody_gets_in_without_signing_in(part, things):
    for route in part:
        path = filled(route, things)
        answer = Client(raise_request_exception=False).get(path)
        if route.startswith("v1/"):
            assert answer.status_code in {401, 405}, path
        else:
            assert answer.status_code in {302, 405}, path
            if answer.status_code == 302:
                assert answer["location"].startswith("/sign-in/"), path


@by_part(route for route in ALL if NO_OBJECT.match(route) and route not in PUBLIC)
def test_lists_hold_nothing_of_another_team(part, things, charlie, dataset, run_made, talk):
    from finetune.teams.keys.services import key_create

    client = Client(raise_request_exception=False)
    client.force_login(charlie)
    _, secret = key_create(team=charlie.teams.get(), user=charlie, name="his")
    others = (dataset.public_id, run_made.public_id, talk.public_id, "A hard day")
    mine = [one["public_id"] for name, one in things.items() if name.startswith("quantum/")]
    for route in part:
        answer = client.get("/" + route, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code < 500, route
        text = b"".join(answer) if answer.streaming else answer.content
        for secret_id in (*others, *mine):
            assert secret_id.encode() not in text, route


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["charlie", "nobody"])
async def test_websockets_are_closed_to_others(who, request):
    names = ("run_made", "talk", "charlie")
    made = {name: await sync_to_async(request.getfixturevalue)(name) for name in names}
    cookies = await sync_to_async(session_cookie)(made["charlie"] if who == "charlie" else None)
    paths = {
        f"/ws/runs/{made['run_made'].public_id}/": finetune.runs.page.routing,
        f"/ws/chat/{made['talk'].public_id}/": chat.routing,
    }
    assert len(paths) == sum(len(module.websocket_urlpatterns) for module in set(paths.values()))
    for path in paths:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), *cookies]
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        socket = ApplicationCommunicator(application, scope)
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=5)
        if answer["type"] == "websocket.accept":  # a browser sees the code only after accepting
            answer = await socket.receive_output(timeout=5)
        assert answer["type"] == "websocket.close", path
        assert answer["code"] == 4404, path
        await socket.send_input({"type": "websocket.disconnect", "code": 4404})
        await socket.wait(timeout=5)


def session_cookie(user: Any) -> list[tuple[bytes, bytes]]:
    if user is None:
        return []
    client = Client()
    client.force_login(user)
    return [(b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode())]
