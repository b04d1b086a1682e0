"""Every failure has OpenAI's error form and says what is wrong."""

import json
import shutil

import httpx
import openai
import pytest
from safetensors.torch import load_file, save_file

from tests.chat.engine import tiny

GOOD = {"model": "base", "messages": tiny.HELLO, "max_tokens": 2}
HEADERS = {"Authorization": f"Bearer {tiny.KEY}"}


def check(response: httpx.Response, status: int, *words: str) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["x-request-id"]
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    for word in words:
        assert word in error["message"]
    return error


def post(world: tiny.World, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body)
    url = f"{world.url}/v1/chat/completions"
    return httpx.post(url, content=content, headers=HEADERS | headers, timeout=30)


def parts(*content: object, role: str = "user") -> dict:
    return {"messages": [{"role": role, "content": list(content)}]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, None),
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": 2.5}, "max_completion_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 5}, "n"),
        ({"seed": 2**64}, "seed"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": ""}, "response_format"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"max_completion_tokens": 0, "max_tokens": 5}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"n": False}, "n"),
        ({"stop": ""}, "stop"),
        ({"stop": 0}, "stop"),
        ({"stop": {}}, "stop"),
        ({"temperature": True}, "temperature"),
        ({"seed": 1.5}, "seed"),
        ({"stream": 0}, "stream"),
        ({"stream_options": []}, "stream_options"),
        ({"stream_options": False}, "stream_options"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"function_call": {"name": "f"}}, "function_call"),
        ({"logprobs": 0}, "logprobs"),
        ({"top_logprobs": False}, "top_logprobs"),
        ({"frequency_penalty": 0.1}, "frequency_penalty"),
        ({"frequency_penalty": ""}, "frequency_penalty"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"model": "\udfff"}, "model"),
        ({"user": "a\0b"}, "user"),
        ({"extra": {"a": [1, "\ud800"]}}, "extra.a[1]"),
        (parts({"type": "image_url", "text": "x"}), "messages[0].content[0]"),
        (parts({"text": "x"}), "messages[0].content[0]"),
        (parts({"type": "text", "text": "x"}, "y"), "messages[0].content[1]"),
        (parts({"type": "text"}), "messages[0].content[0].text"),
        (parts({"type": "refusal", "refusal": "x"}), "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls"),
    ],
)
def test_bad_field_is_named(world: tiny.World, fields: dict, param: str | None) -> None:
    error = check(post(world, GOOD | fields), 400)
    assert error["type"] == "invalid_request_error"
    if param is not None:
        assert error["param"] == param
        assert not error["message"].startswith(f"{param}: {param}")


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "tool_choice": "auto", "function_call": "none", "functions": []},
        {"logprobs": False, "top_logprobs": 0, "frequency_penalty": 0.0, "presence_penalty": 0},
        {"logit_bias": {}, "modalities": ["text"], "parallel_tool_calls": False, "audio": None},
        {"response_format": {"type": "text"}, "stop": [], "stream_options": None, "n": None},
        {"max_completion_tokens": None, "max_tokens": 2, "seed": -(2**63)},
        {"seed": 2**63 - 1, "n": 2},
        {"temperature": 1e-320},
        parts({"type": "refusal", "refusal": "No."}, role="assistant"),
    ],
)
def test_what_asks_nothing_of_the_engine_is_let_through(world: tiny.World, fields: dict) -> None:
    response = post(world, GOOD | fields)
    assert response.status_code == 200, response.text
    assert response.json()["usage"]["completion_tokens"] == 2 * (fields.get("n") or 1)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"\xff\xfe", b'{"a": NaN}', b"[" * 20000, b'"text"', b'{"a": 1, "a": 2}',
        b'{"a":' * 70 + b"1" + b"}" * 70, b'{"a": -Infinity}', b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_body_that_is_no_json_object(world: tiny.World, body: bytes) -> None:
    assert check(post(world, body), 400)["code"] == "invalid_json"


def test_routes_methods_size_and_key(world: tiny.World) -> None:
    check(httpx.get(f"{world.url}/nowhere", headers=HEADERS), 404)
    check(httpx.get(f"{world.url}/v1/chat/completions", headers=HEADERS), 405)
    assert check(post(world, b"x" * 60_000), 413, "50000")["code"] == "body_too_large"
    for value in ("Bearer wrong", "", "Basic x", "Bearer \xe9"):
        response = httpx.get(
            f"{world.url}/v1/models", headers={"Authorization": value.encode("latin1")}
        )
        assert check(response, 401)["code"] == "invalid_api_key"
    assert httpx.get(f"{world.url}/health").json()["ready"]


def test_request_id_is_kept(world: tiny.World) -> None:
    assert post(world, GOOD, **{"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert post(world, GOOD, **{"x-request-id": "a b"}).headers["x-request-id"] != "a b"


@pytest.mark.parametrize("name", ["unknown", "../base", "..%2Fbase", "a b", "x" * 300, "."])
def test_unknown_assistant(world: tiny.World, name: str) -> None:
    assert check(post(world, GOOD | {"model": name}), 404)["code"] == "model_not_found"


def test_context_too_long_says_how_many_tokens(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="base", messages=[{"role": "user", "content": "a" * 3000}]
        )
    assert caught.value.code == "context_length_exceeded"
    assert "3019 tokens" in caught.value.message
    assert "2048" in caught.value.message


def test_broken_assistants_say_what_and_where(world: tiny.World) -> None:
    corrupt = world.folder / "corrupt"
    shutil.copytree(world.folder / "lora", corrupt)
    (corrupt / "adapter_model.safetensors").write_bytes(b"not tensors")
    partial = world.folder / "partial"
    shutil.copytree(world.folder / "lora", partial)
    config = json.loads((partial / "adapter_config.json").read_text())
    config["target_modules"] = ["q_proj", "v_proj", "o_proj"]
    (partial / "adapter_config.json").write_text(json.dumps(config))
    other = world.folder / "other-size"
    shutil.copytree(world.folder / "lora", other)
    config["r"], config["target_modules"] = 8, ["q_proj", "v_proj"]
    (other / "adapter_config.json").write_text(json.dumps(config))

    not_finite = world.folder / "not-finite"
    shutil.copytree(world.folder / "lora", not_finite)
    tensors = load_file(not_finite / "adapter_model.safetensors")
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    save_file(tensors, not_finite / "adapter_model.safetensors")

    paths = [
        world.publish("not-finite", not_finite),
        world.publish("corrupt", corrupt),
        world.publish("partial", partial),
        world.publish("other-size", other),
        world.publish("no-adapter", world.folder / "nothing-here"),
        world.publish("no-base", base=world.folder / "no-such-base"),
        world.assistants / "no-json.json",
    ]
    paths[-1].write_text("{")
    try:
        for path in paths:
            response = post(world, GOOD | {"model": path.stem})
            assert check(response, 503)["code"] == "assistant_broken"
            assert response.headers["x-should-retry"] == "false"
            assert str(world.folder) not in response.text
            logged = "".join(log.read_text() for log in world.folder.glob("engine-*.log"))
            assert str(path) in logged
            if path.stem == "not-finite":
                assert "infinite or not numbers" in logged
        listed = httpx.get(f"{world.url}/v1/models", headers=HEADERS).json()["data"]
        assert "no-json" not in {model["id"] for model in listed}
        assert post(world, GOOD).status_code == 200
    finally:
        for path in paths:
            path.unlink()


def test_model_that_answers_not_a_number_fails_in_mid_stream_form(world: tiny.World) -> None:
    folder = world.folder / "nan"
    shutil.copytree(world.folder / "lora", folder)
    tensors = load_file(folder / "adapter_model.safetensors")
    large = {k: v.sign() * 1e38 for k, v in tensors.items()}  # finite, and their products are not
    save_file(large, folder / "adapter_model.safetensors")
    path = world.publish("nan", folder)
    try:
        error = check(post(world, GOOD | {"model": "nan"}), 500, "not a number")
        assert error["code"] == "generation_failed"
        lines = post(world, GOOD | {"model": "nan", "stream": True}).text.split("\n\n")
        last = json.loads(lines[-2].removeprefix("data: "))
        assert last["error"]["code"] == "generation_failed"
        assert world.wait_idle() < 5
    finally:
        path.unlink()
