"""`/mcp` with the official client: the API's objects, its keys, its refusals."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import BASE, Site

from .tools import refused, told, tools_at

READ = {
    *("list_datasets", "read_dataset", "read_findings", "list_models", "list_runs", "read_run"),
    *("plan_run", "list_studies", "read_study"),
}
CHANGE = {"start_run", "cancel_run", "pause_run", "resume_run"}
ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def post(site: Site, key: str | None, **more: Any) -> httpx.Response:
    headers = {**HEADERS, **({"Authorization": f"Bearer {key}"} if key else {})}
    return httpx.post(f"{site.url}/mcp", headers=headers, trust_env=False, timeout=60, **more)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_every_client_finds_the_tools(site: Site, mode: str) -> None:
    async with tools_at(site.url, site.key("alice"), mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == READ | CHANGE
        for name, tool in tools.items():
            assert tool.description
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint == (name in READ)
        assert len(json.dumps([tool.model_dump() for tool in tools.values()])) < 20_000
        assert (await told(client, "list_models"))["data"]


async def test_what_is_read_is_the_apis(site: Site) -> None:
    file, run = site.seeded["file"], site.seeded["run"]
    headers = {"Authorization": f"Bearer {site.key('alice')}"}
    address = f"{site.url}/v1/wukong/datasets/{file}"
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False) as http,
        tools_at(site.url, site.key("alice")) as client,
    ):
        listed = await told(client, "list_datasets", limit=100)
        assert file in [one["id"] for one in listed["data"]]
        report, findings = await http.get(address), await http.get(f"{address}/findings")
        assert await told(client, "read_dataset", dataset=file) == report.json()
        assert await told(client, "read_findings", dataset=file) == findings.json()
        shown = await told(client, "read_run", run=run, log=3)
        assert (shown["state"], shown["step"], shown["finished"]) == ("succeeded", 3, True)
        assert shown["fine_tuned_model"] == site.seeded["model"]
        assert shown["result"] == {"validation_loss": 1.5}
        assert [one["message"] for one in shown["log"]] == ["state", "checkpoint", "checkpoint"]
        assert run in [one["id"] for one in (await told(client, "list_runs"))["data"]]


async def test_a_study_is_read_with_its_table(site: Site) -> None:
    study = site.seeded["study"]
    async with tools_at(site.url, site.key("bob")) as client:
        assert [one["id"] for one in (await told(client, "list_studies"))["data"]] == [study]
        shown = await told(client, "read_study", study=study)
        assert (shown["name"], shown["status"]) == ("Hers", "stopped")
        assert "rows" in shown["table"]
        assert "settings" not in shown


async def test_a_run_is_planned_started_paused_and_cancelled(site: Site) -> None:
    asked = {"model": BASE, "dataset": site.seeded["file"], "settings": {"steps": 5}}
    async with tools_at(site.url, site.key("alice")) as client:
        before = len((await told(client, "list_runs", limit=100))["data"])
        plan = await told(client, "plan_run", **asked)
        assert (plan["steps"], plan["refused"]) == (5, None)
        assert plan["seconds"]["low"] <= plan["seconds"]["middle"] <= plan["seconds"]["high"]
        assert plan["memory_bytes"]["middle"] > 0
        assert len((await told(client, "list_runs", limit=100))["data"]) == before
        made = await told(client, "start_run", **asked, name="by-tool")
        again = await told(client, "start_run", **asked, name="by-tool")
        assert (made["state"], made["repeated"], again["repeated"]) == ("queued", False, True)
        assert again["id"] == made["id"]
        for tool, state in (
            ("pause_run", "paused"), ("resume_run", "queued"), ("cancel_run", "cancelled"),
        ):  # fmt: skip
            assert (await told(client, tool, run=made["id"]))["state"] == state
        assert (await refused(client, "cancel_run", run=made["id"])).strip()
    messages = site.python(
        "from finetune.models import RunEvent\n"
        f"rows = RunEvent.objects.filter(run__public_id={made['id']!r})\n"
        "print(list(rows.values_list('message', flat=True)))"
    )
    assert "Cancelled by alice." in messages


async def test_refusals_are_sentences(site: Site) -> None:
    asked = {"model": BASE, "dataset": site.seeded["file"]}
    async with tools_at(site.url, site.key("alice")) as client:
        words = await refused(client, "start_run", **asked, settings={"stepz": 3})
        assert words.startswith("stepz: 'stepz' is not known; known: ")
        assert "model" in await refused(client, "start_run", **{**asked, "model": "none"})
        words = await refused(client, "plan_run", **asked, settings={"model": "x"})
        assert words == "settings.model: it has an argument of its own."
        assert "Give one of the two" in await refused(
            client, "plan_run", **asked, epochs=1, settings={"steps": 2}
        )
        assert "is required" in await refused(client, "read_run")
        words = await refused(client, "read_run", run="ftjob-0", lgo=3)
        assert words.startswith("lgo: ")
        assert "known: list_datasets" in await refused(client, "rm_all")
        assert "not in this list" in await refused(client, "list_datasets", after="file-0")
        assert "not in this list" in await refused(client, "list_studies", after="study-0")


async def test_charlie_finds_nothing_of_alices(site: Site) -> None:
    seeded = site.seeded
    async with tools_at(site.url, site.key("charlie")) as client:
        for tool in ("list_datasets", "list_runs", "list_studies"):
            assert (await told(client, tool))["data"] == []
        named = {
            **dict.fromkeys(("read_dataset", "read_findings"), {"dataset": seeded["file"]}),
            **dict.fromkeys(
                ("read_run", "cancel_run", "pause_run", "resume_run"), {"run": seeded["run"]}
            ),
            "read_study": {"study": seeded["study"]},
            "plan_run": {"model": BASE, "dataset": seeded["file"]},
            "start_run": {"model": BASE, "dataset": seeded["file"]},
        }
        assert set(named) | {"list_datasets", "list_runs", "list_studies", "list_models"} == (
            READ | CHANGE
        )
        for tool, arguments in named.items():
            assert (await refused(client, tool, **arguments)).startswith("No such "), tool


def test_the_door_is_the_apis(site: Site) -> None:
    """Keys, their limit of requests, bodies that cannot be read: each in the API's words."""
    answer = post(site, None, json=ASKED)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "missing_api_key"
    assert answer.headers["www-authenticate"] == "Bearer"
    for key in ("sk-wk-wrong", site.key("revoked")):
        answer = post(site, key, json=ASKED)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    answer = post(site, site.key("alice"), json=ASKED)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-ratelimit-limit-requests"] == "100000"
    assert answer.headers["x-request-id"]
    assert "mcp-session-id" not in answer.headers
    assert len(answer.json()["result"]["tools"]) == len(READ | CHANGE)
    answer = httpx.get(f"{site.url}/mcp", trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "method_not_allowed"
    answer = post(site, site.key("alice"), content=b"{" + b" " * 3_000_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    answer = post(site, site.key("alice"), content=b"{")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32700
    assert httpx.post(f"{site.url}/mcp", headers={"Host": "a.example"}, trust_env=False).json()[
        "error"
    ]


LIMITED = """
from finetune.teams.keys.services import KeyLimits, key_create
from finetune.teams.models import Team, User
alice = User.objects.get(username="alice")
limits = KeyLimits(rights="read")
_, secret = key_create(team=alice.teams.first(), user=alice, name="reader", limits=limits)
print(secret)
"""
AUDITED = """
from finetune.teams.audit.models import AuditEntry
last = AuditEntry.objects.filter(action="run.started").order_by("-pk").first()
print(last.door, last.person, bool(last.key_prefix), last.address)
"""


async def test_a_keys_scopes_hold_for_tools_too(site: Site) -> None:
    secret = site.python(LIMITED).strip().splitlines()[-1]
    async with tools_at(site.url, secret) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == READ
        asked = {"model": BASE, "dataset": site.seeded["file"]}
        words = await refused(client, "start_run", **asked)
        assert "needs an API key with the scope “runs”" in words


async def test_a_run_that_a_tool_starts_is_in_the_audit_log(site: Site) -> None:
    asked = {"model": BASE, "dataset": site.seeded["file"], "settings": {"steps": 6}}
    async with tools_at(site.url, site.key("alice")) as client:
        started = await told(client, "start_run", **asked)
        assert site.python(AUDITED).split() == ["api", "alice", "True", "127.0.0.1"]
        await told(client, "cancel_run", run=started["id"])
