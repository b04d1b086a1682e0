"""Every failure under /v1 has one shape; another team's things do not exist."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import openai
import pytest
import redis

from tests.api.conftest import BASE, Site

RUN, FILE = "/v1/fine_tuning/jobs/{run}", "/v1/files/{file}"
DATA = "/v1/wukong/datasets/{file}"


def shape(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-request-id"]
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert "Traceback" not in answer.text
    return error


@pytest.fixture(scope="module")
def http(site: Site) -> httpx.Client:
    headers = {"Authorization": f"Bearer {site.key('alice')}"}
    return httpx.Client(base_url=site.url, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/", "/v1/files/", "/v1/models/a/b", "/v1/x/y/"]
)
def test_unknown_routes(http: httpx.Client, path: str) -> None:
    shape(http.get(path), 404)


def test_wrong_methods(http: httpx.Client) -> None:
    answer = http.put("/v1/files")
    assert shape(answer, 405)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


def test_broken_bodies(http: httpx.Client) -> None:
    path = "/v1/fine_tuning/jobs"
    json_type = {"Content-Type": "application/json"}
    assert shape(http.post(path, content=b"{", headers=json_type), 400)["code"] == "invalid_json"
    assert shape(http.post(path, content=b"[]", headers=json_type), 400)
    assert shape(http.post(path, content=b"", headers=json_type), 400)
    assert shape(http.post(path, content=b"\xff\xfe", headers=json_type), 400)
    assert shape(http.post(path, content=b"[" * 100_000, headers=json_type), 400)
    assert shape(http.post(path, json={"model": BASE}), 400)["param"] == "training_file"
    assert shape(http.post("/v1/chat/completions", content=b"{", headers=json_type), 400)
    assert shape(
        http.post("/v1/files", content=b"x", headers={"Content-Type": "multipart/form-data"}), 400
    )


def test_bodies_over_the_limit(http: httpx.Client) -> None:
    big = b'{"model": "' + b"x" * 3_000_000 + b'"}'
    json_type = {"Content-Type": "application/json"}
    for path in ("/v1/fine_tuning/jobs", "/v1/chat/completions"):
        answer = http.post(path, content=big, headers=json_type)
        assert shape(answer, 413)["code"] == "body_too_large"


def test_bad_host_and_null_bytes(site: Site, http: httpx.Client) -> None:
    shape(http.get("/v1/models", headers={"Host": "elsewhere.example"}), 400)
    shape(http.get("/v1/models/%00"), 404)
    shape(http.get("/v1/files/%00"), 404)
    shape(http.get("/v1/files", params={"after": "\0"}), 400)


def test_keys(site: Site, http: httpx.Client) -> None:
    bare = httpx.Client(base_url=site.url, trust_env=False)
    assert shape(bare.get("/v1/models"), 401)["code"] == "missing_api_key"
    basic = {"Authorization": "Basic YTpi"}
    assert shape(bare.get("/v1/models", headers=basic), 401)
    assert shape(bare.post("/v1/chat/completions", json={}), 401)
    for secret in ("sk-wk-wrong", site.key("revoked"), "sk-wk-ä".encode().decode("latin-1")):
        headers = {b"Authorization": f"Bearer {secret}".encode("latin-1")}
        answer = bare.get("/v1/models", headers=headers)
        assert shape(answer, 401)["code"] == "invalid_api_key"
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{site.url}/v1", api_key="sk-wrong", max_retries=0).models.list()


def test_a_session_opens_nothing(site: Site) -> None:
    made = site.python(
        "from django.contrib.sessions.backends.db import SessionStore\n"
        "from finetune.models import User\n"
        "from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY\n"
        "u = User.objects.get(username='alice'); s = SessionStore()\n"
        "s[SESSION_KEY] = str(u.pk); s[HASH_SESSION_KEY] = u.get_session_auth_hash()\n"
        "s[BACKEND_SESSION_KEY] = 'django.contrib.auth.backends.ModelBackend'\n"
        "s.save(); print(s.session_key)"
    ).strip()
    cookies = {"sessionid": made}
    answer = httpx.get(f"{site.url}/v1/models", cookies=cookies, trust_env=False)
    shape(answer, 401)


def test_too_many_requests(site: Site) -> None:
    client = redis.Redis.from_url(f"unix://{site.folder / 'valkey' / 'valkey.sock'}")
    if not (site.folder / "valkey" / "valkey.sock").exists():
        socket = site.python("from django.conf import settings; print(settings.VALKEY_SOCKET)")
        client = redis.Redis.from_url(f"unix://{socket.strip()}")
    minute = int(time.time() // 60)
    for number in (minute, minute + 1):
        client.set(f":1:api-rate:{site.seeded['rows']['limited']}:{number}", 10**6, ex=120)
    client.close()
    with pytest.raises(openai.RateLimitError) as caught:
        site.client("limited").models.list()
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 61


WALK: list[tuple[str, str]] = [
    ("GET", FILE),
    ("DELETE", FILE),
    ("GET", FILE + "/content"),
    ("GET", FILE + "/content?format=sharegpt"),
    ("GET", "/v1/files/file-results-{short}"),
    ("GET", "/v1/files/file-results-{short}/content"),
    ("DELETE", "/v1/files/file-results-{short}"),
    ("POST", "/v1/uploads/{upload}/parts"),
    ("POST", "/v1/uploads/{upload}/complete"),
    ("POST", "/v1/uploads/{upload}/cancel"),
    ("GET", RUN),
    ("POST", RUN + "/cancel"),
    ("POST", RUN + "/pause"),
    ("POST", RUN + "/resume"),
    ("GET", RUN + "/events"),
    ("GET", RUN + "/events/stream"),
    ("GET", RUN + "/checkpoints"),
    ("POST", RUN + "/priority"),
    ("POST", RUN + "/requeue"),
    ("POST", RUN + "/rerun"),
    ("POST", RUN + "/clone"),
    ("POST", RUN + "/exports"),
    ("GET", RUN + "/exports"),
    ("GET", RUN + "/exports/{export}"),
    ("GET", RUN + "/exports/{export}/content"),
    ("DELETE", RUN + "/exports/{export}"),
    ("GET", "/v1/wukong/evaluations/{evaluation}"),
    ("POST", "/v1/wukong/evaluations/{evaluation}/cancel"),
    ("GET", "/v1/wukong/evaluations/{evaluation}/content"),
    ("GET", DATA),
    ("GET", DATA + "/findings"),
    ("POST", DATA + "/findings"),
    ("POST", DATA + "/findings/cancel"),
    ("GET", DATA + "/findings/near_duplicates/places"),
    ("GET", DATA + "/problems"),
    ("GET", DATA + "/problems/0"),
    ("GET", DATA + "/dialogues"),
    ("GET", DATA + "/versions"),
    ("POST", DATA + "/versions"),
    ("POST", DATA + "/check"),
    ("POST", DATA + "/cancel"),
    ("GET", "/v1/wukong/quantum_jobs/{quantum_job}"),
    ("POST", "/v1/wukong/quantum_jobs/{quantum_job}/cancel"),
    ("DELETE", "/v1/webhooks/{webhook}"),
    ("GET", "/v1/wukong/studies/{study}"),
    ("DELETE", "/v1/wukong/studies/{study}"),
    ("GET", "/v1/wukong/studies/{study}/table"),
    ("POST", "/v1/wukong/studies/{study}/stop"),
    ("POST", "/v1/wukong/studies/{study}/resume"),
    ("GET", "/v1/models/{model}"),
    ("GET", "/v1/models/{run}"),
    ("DELETE", "/v1/models/{model}"),
]


BODIES: dict[str, Any] = {
    "priority": {"priority": "high"},
    "rerun": {},
    "clone": {},
    "exports": {},
    "complete": {"part_ids": ["part_x"]},
    "versions": {"fix_all": True},
    "check": {},
}


@pytest.mark.parametrize(("method", "path"), WALK)
def test_another_team_finds_nothing(site: Site, method: str, path: str) -> None:
    seeded = site.seeded
    kinds = ("file", "run", "model", "export", "webhook", "evaluation", "study", "upload")
    kinds += ("quantum_job",)
    names = {name: seeded[name] for name in kinds}
    address = site.url + path.format(**names, short=seeded["run"].removeprefix("ftjob-"))
    headers = {"Authorization": f"Bearer {site.key('charlie')}"}
    last = path.rpartition("/")[2]
    sent: dict[str, Any] = {"json": BODIES.get(last) if method == "POST" else None}
    if last == "parts":
        sent = {"files": {"data": b"x"}}
    shape(httpx.request(method, address, headers=headers, trust_env=False, **sent), 404)


def test_another_team_cannot_use_or_list(site: Site, charlie_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        charlie_client.fine_tuning.jobs.create(model=BASE, training_file=site.seeded["file"])
    messages: Any = [{"role": "user", "content": "Hi"}]
    for name in (site.seeded["model"], site.seeded["run"]):
        with pytest.raises(openai.NotFoundError):
            charlie_client.chat.completions.create(model=name, messages=messages)
    assert list(charlie_client.files.list()) == []
    assert list(charlie_client.fine_tuning.jobs.list()) == []
    assert [one.id for one in charlie_client.models.list()] == [BASE]
    with pytest.raises(openai.BadRequestError):
        charlie_client.fine_tuning.jobs.list(after=site.seeded["run"])


def test_every_route_is_walked(site: Site) -> None:
    """A new endpoint with an id in its path has to join the walk above."""
    document = httpx.get(f"{site.url}/v1/openapi.json", trust_env=False).json()
    routes = {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, methods in document["paths"].items()
        for method in methods
        if "{" in path
    }
    walked = {
        (method, re.sub(r"/(near_duplicates|0)(?=/|$)", "/{}", re.sub(r"{\w+}", "{}", path)))
        for method, path in WALK
    }
    assert routes - walked == set()


def test_a_bug_shows_no_trace(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    import json

    from django.urls import resolve

    def fails(*arguments: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("wukongsite.api.keys.key_check", lambda secret: object())
    monkeypatch.setattr("wukongsite.api.keys.rate_check", lambda key: None)
    monkeypatch.setattr("finetune.api.models.key_of", fails)
    request = rf.get("/v1/models", headers={"Authorization": "Bearer x"})
    request.id = "req_1"
    answer = resolve("/v1/models").func(request)
    error = json.loads(answer.content)["error"]
    assert answer.status_code == 500
    assert error["type"] == "server_error"
    assert "req_1" in error["message"]
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_no_path_of_the_server_is_told(run_made: Any, settings: Any) -> None:
    from finetune.api.errors import ApiError
    from finetune.api.jobs.objects import event_object, job_object
    from finetune.exceptions import own_path
    from finetune.runs.models import RunEvent

    own_path.cache_clear()
    folder = run_made.folder
    words = f"The run's folder cannot be written: [Errno 28] No space left on device: '{folder}/x'."
    told = "The run's folder cannot be written: [Errno 28] No space left on device: 'x'."
    assert ApiError(400, words).as_json()["error"]["message"] == told
    run_made.state, run_made.error = "failed", {"code": "storage", "message": words}
    error = job_object(run_made)["error"]
    assert error == {"code": "storage", "message": told, "param": None}
    event = RunEvent(
        run=run_made,
        seq=9,
        time=run_made.created_at,
        type="error",
        message=words,
        data={"hint": f"look at {settings.BASE_DIR}/a.py", "trace_tail": words, "step": 3},
    )
    shown = event_object(run_made, event)
    assert shown["message"] == told
    assert shown["data"] == {"hint": "look at a.py", "step": 3, "event": "error"}


def test_no_engine_is_said_and_may_be_tried_again() -> None:
    from chat.api.refusal import refusal
    from chat.engine.exceptions import EngineError, EngineUnavailable

    away = refusal(EngineUnavailable("gone"))
    assert away.status == 503
    assert away.headers["Retry-After"]
    busy = refusal(EngineError(429, "engine_busy", "busy"))
    assert busy.status == 429
    assert busy.headers["Retry-After"]
    broken = refusal(EngineError(503, "assistant_broken", "secret path"))
    assert broken.headers["x-should-retry"] == "false"
    assert "secret" not in broken.message
