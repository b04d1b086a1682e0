"""Records of every format, and the messages that they become."""

from __future__ import annotations

import json
from typing import Any

TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
SYSTEM = {"role": "system", "content": "Be kind"}

CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("openai", {"messages": TURNS, "id": 3}, TURNS),
    (
        "openai",
        {"messages": [TURNS[0], {**TURNS[1], "weight": 1}]},
        [TURNS[0], {**TURNS[1], "weight": 1}],
    ),
    (
        "sharegpt",
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        TURNS,
    ),
    (
        "sharegpt",
        {
            "system": "Be kind",
            "conversations": [
                {"from": "user", "value": "Hi"},
                {"from": "assistant", "value": "Hello"},
            ],
        },
        [SYSTEM, *TURNS],
    ),
    ("alpaca", {"instruction": "Hi", "input": "", "output": "Hello"}, TURNS),
    (
        "alpaca",
        {"instruction": "Sum", "input": "1 2", "output": "3"},
        [{"role": "user", "content": "Sum\n\n1 2"}, {"role": "assistant", "content": "3"}],
    ),
    (
        "alpaca",
        {
            "instruction": "third",
            "input": "of these",
            "output": "c",
            "system": "Be kind",
            "history": [["first", "a"], ["second", "b"]],
        },
        [
            SYSTEM,
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "a"},
            {"role": "user", "content": "second"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "third\n\nof these"},
            {"role": "assistant", "content": "c"},
        ],
    ),
    ("alpaca", {"instruction": "Hi", "output": "Hello", "history": []}, TURNS),
    ("alpaca", {"instruction": "Hi", "output": "Hello", "history": None}, TURNS),
    (
        "sharegpt",
        {
            "conversations": [
                {"from": "human", "value": "Hi"},
                {"from": "gpt", "value": "No", "weight": 0},
                {"from": "human", "value": "Hi"},
                {"from": "gpt", "value": "Hello", "weight": None},
            ]
        },
        [TURNS[0], {"role": "assistant", "content": "No", "weight": 0}, *TURNS],
    ),
    (
        "sharegpt",
        {
            "conversations": [
                {"from": "human", "role": "user", "value": None, "content": "Hi"},
                {"from": "gpt", "value": "Hello", "content": "Hello"},
            ]
        },
        TURNS,
    ),
    ("openai", {"messages": TURNS, "system": "Be kind"}, [SYSTEM, *TURNS]),
    ("openai", {"messages": TURNS, "system_prompt": "Be kind"}, [SYSTEM, *TURNS]),
    ("openai", {"messages": [SYSTEM, *TURNS], "system": "Be kind"}, [SYSTEM, *TURNS]),
    ("openai", {"messages": TURNS, "system": "  "}, TURNS),
    (
        "cpsycoun",
        {"data": ["求助者：你好", "支持者：请说"], "system": "Be kind"},
        [
            SYSTEM,
            {"role": "user", "content": "你好"},
            {"role": "assistant", "content": "请说"},
        ],
    ),
    (
        "esconv",
        {
            "system": "Be kind",
            "dialog": [
                {"speaker": "usr", "text": "Hi"},
                {"speaker": "sys", "text": "No", "weight": 0},
                {"speaker": "sys", "text": "Hello"},
                {"speaker": "sys", "text": "again"},
            ],
        },
        [
            SYSTEM,
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "No", "weight": 0},
            {"role": "assistant", "content": "Hello\nagain"},
        ],
    ),
    (
        "table",
        {"instruction": "Sum", "context": "1 2", "response": "3", "category": "maths"},
        [{"role": "user", "content": "Sum\n\n1 2"}, {"role": "assistant", "content": "3"}],
    ),
    (
        "table",
        {"Question": "Sum", "Context": "1 2", "Response": "3"},
        [{"role": "user", "content": "Sum\n\n1 2"}, {"role": "assistant", "content": "3"}],
    ),
    ("table", {"question": "Hi", "context": "", "answer": "Hello"}, TURNS),
    ("table", {"context": "Hi", "response": "Hello"}, TURNS),
    ("table", {"prompt": "Hi", "answer": "Hello", "system_prompt": "Be kind"}, [SYSTEM, *TURNS]),
    (
        "esconv",
        {
            "dialog": [
                {"speaker": "sys", "text": "Hello"},
                {"speaker": "usr", "text": "Hi"},
                {"speaker": "usr", "text": "I am sad"},
                {"speaker": "sys", "text": "Tell me", "strategy": "Question"},
            ]
        },
        [
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Hi\nI am sad"},
            {"role": "assistant", "content": "Tell me"},
        ],
    ),
    (
        "cpsycoun",
        {"topic": "x", "id": "1", "data": ["求助者：你好", "支持者：请说"]},
        [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "请说"}],
    ),
    ("table", {"question": "Hi", "answer": "Hello"}, TURNS),
    ("openai", {"messages": json.dumps(TURNS)}, TURNS),
    (
        "openai",
        {
            "messages": [
                {"role": "developer", "content": [{"type": "text", "text": "Be kind"}]},
                {"role": "user", "content": [{"type": "text", "text": "H"}, "i"], "name": None},
                {"role": "assistant", "content": "Hello", "refusal": None, "tool_calls": []},
            ]
        },
        [SYSTEM, *TURNS],
    ),
    (
        "openai",
        {"messages": [TURNS[0], {"role": "assistant", "content": None, "refusal": "Hello"}]},
        TURNS,
    ),
    (
        "openai",
        {"messages": [SYSTEM, {"role": "developer", "content": "Be brief"}, *TURNS]},
        [{"role": "system", "content": "Be kind\n\nBe brief"}, *TURNS],
    ),
    (
        "sharegpt",
        {"conversation": [{"role": "Human", "content": "Hi"}, {"role": "GPT", "content": "Hello"}]},
        TURNS,
    ),
    (
        "sharegpt",
        {"conversations": [
            {"from": "client", "value": "Hi"}, {"from": "therapist", "value": "Hello"}]},
        TURNS,
    ),
    ("trl", {"prompt": [SYSTEM, TURNS[0]], "completion": [TURNS[1]]}, [SYSTEM, *TURNS]),
    ("trl", {"prompt": json.dumps(TURNS[:1]), "completion": json.dumps(TURNS[1:])}, TURNS),
    (
        "gemini",
        {
            "systemInstruction": {"role": "system", "parts": [{"text": "Be kind"}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}]},
                {"role": "model", "parts": [{"text": "Hel"}, {"text": "lo"}]},
            ],
        },
        [SYSTEM, *TURNS],
    ),
    (
        "oasst",
        {
            "message_tree_id": "1",
            "prompt": {
                "role": "prompter",
                "text": "Hi",
                "replies": [
                    {"role": "assistant", "text": "What", "rank": 1, "replies": []},
                    {"role": "assistant", "text": "Hello", "rank": 0, "replies": [
                        {"role": "prompter", "text": "And", "replies": []}]},
                ],
            },
        },
        TURNS,
    ),
    (
        "openai_batch",
        {
            "custom_id": "1",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": TURNS[:1]},
            "response": {"body": {"choices": [{"message": {**TURNS[1], "refusal": None}}]}},
        },
        TURNS,
    ),
    ("turns", {"turns": TURNS, "id": "1"}, TURNS),
    (
        "turns",
        {
            "name": "Talk",
            "chat_messages": [
                {"sender": "human", "text": "Hi", "created_at": "2026"},
                {"sender": "assistant", "text": "Hello"},
            ],
        },
        TURNS,
    ),
    ("exchanges", {"conversation": [{"system": "Be kind", "input": "Hi", "output": "Hello"}]},
     [SYSTEM, *TURNS]),
    ("exchanges", {"conversation": [{"human": "Hi", "assistant": "Hello"}]}, TURNS),
    ("alternating", {"id": "1", "data": ["Hi", "Hello"]}, TURNS),
    ("alternating", {"dialog": ["Hi", "Hello"], "act": [1, 2]}, TURNS),
    ("sharegpt", {"conversations": {"from": ["human", "gpt"], "value": ["Hi", "Hello"]}}, TURNS),
    ("openai", {"messages": {"role": ["user", "assistant"], "content": ["Hi", "Hello"]}}, TURNS),
    ("alpaca", {"query": "Hi", "response": "Hello", "history": [["a", "b"]]},
     [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, *TURNS]),
    ("alpaca", {"prompt": "Hi", "response": "Hello", "history": []}, TURNS),
    (
        "chatgpt",
        {
            "title": "Talk",
            "current_node": "d",
            "mapping": {
                "r": {"id": "r", "message": None, "parent": None, "children": ["a"]},
                "a": {"message": {"author": {"role": "system"}, "content": {
                    "content_type": "text", "parts": [""]}}, "parent": "r", "children": ["b"]},
                "b": {"message": {"author": {"role": "user"}, "content": {
                    "content_type": "text", "parts": ["Hi"]}}, "parent": "a",
                    "children": ["c", "d"]},
                "c": {"message": {"author": {"role": "assistant"}, "content": {
                    "content_type": "text", "parts": ["Other"]}}, "parent": "b", "children": []},
                "d": {"message": {"author": {"role": "assistant"}, "content": {
                    "content_type": "text", "parts": ["Hello"]}}, "parent": "b", "children": []},
            },
        },
        TURNS,
    ),
    (
        "marked",
        {"text": "<|im_start|>system\nBe kind<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
                 "<|im_start|>assistant\nHello<|im_end|>\n"},
        [SYSTEM, *TURNS],
    ),
    ("transcript", {"text": "Ann: Hi\nCounselor: Hello"}, TURNS),
    ("transcript", {"dialogue": "A: Hi B: Hello"}, TURNS),
]  # fmt: skip
