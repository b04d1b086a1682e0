"""A good body for each operation that takes one, to be spoiled by tests."""

from __future__ import annotations

from typing import Any

JOB = "/v1/fine_tuning/jobs/{fine_tuning_job_id}"


def bodies(file: str) -> dict[str, dict[str, Any]]:
    """Bodies by operation.

    Args:
        file: the id of a data set.
    """
    return {
        "post /v1/fine_tuning/jobs": {
            "model": "smollm2-135m-instruct",
            "training_file": file,
            "suffix": "calm",
            "seed": 3,
            "metadata": {"topic": "sleep", "wukong_steps": "3"},
            "method": {
                "type": "supervised",
                "supervised": {"hyperparameters": {"batch_size": 2}},
            },
            "adapter": "lora",
            "adapter_options": {"r": 4},
            "targets": ["q_proj"],
            "sample_prompts": ["Hello"],
            "integrations": [{"type": "wandb", "wandb": {"project": "p"}}],
        },
        "post /v1/chat/completions": {
            "model": "smollm2-135m-instruct",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
                {"role": "assistant", "content": "Hi."},
                {"role": "user", "content": "How are you?"},
            ],
            "max_tokens": 4,
            "stop": ["a"],
        },
        "post /v1/responses": {
            "model": "smollm2-135m-instruct",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
                {"type": "message", "role": "assistant", "content": "Hi."},
                {"role": "user", "content": "How are you?"},
            ],
            "instructions": "Be kind.",
            "max_output_tokens": 4,
            "metadata": {"a": "b"},
            "text": {"format": {"type": "text"}},
            "store": False,
        },
        "post /v1/moderations": {"input": ["Hello", {"type": "text", "text": "Hi."}]},
        "post /v1/embeddings": {
            "model": "multilingual-e5-small",
            "input": ["Hello", "Hi."],
            "encoding_format": "float",
            "input_type": "query",
        },
        "post /v1/uploads": {
            "filename": "large.jsonl",
            "bytes": 10,
            "purpose": "fine-tune",
            "mime_type": "application/jsonl",
        },
        "post /v1/uploads/{upload_id}/complete": {"part_ids": ["part_x"], "md5": "0" * 32},
        f"post {JOB}/priority": {"priority": "high"},
        f"post {JOB}/rerun": {"seed": 4},
        f"post {JOB}/clone": {"suffix": "again", "seed": 5, "learning_rate": 1e-4},
        f"post {JOB}/exports": {"parts": ["adapter"], "checkpoint": None},
        "post /v1/wukong/evaluations": {
            "kind": "scores",
            "fine_tuning_job_id": None,
            "base": "smollm2-135m-instruct",
            "checkpoint": "best",
            "file": None,
            "part": "held_out",
            "limit": 0,
            "circuit": "trained",
            "seed": 0,
            "tokens": 128,
            "prompt": "run",
            "examples": 4,
            "cases": {"name": "cases.yaml", "text": "prompts: [hi]"},
            "run_prompt": False,
            "task": "",
            "chat": False,
            "shots": 1000,
            "chip": None,
            "spending": {"key": "qk_x", "circuits": 1, "shots": 1, "seconds": 1.0},
        },
        "post /v1/wukong/plans": {
            "model": "smollm2-135m-instruct",
            "training_file": file,
            "hyperparameters": {"n_epochs": 2},
            "adapter": "lora",
            "adapter_options": {"r": 4},
            "backend": "statevector",
        },
        "post /v1/wukong/studies": {
            "from_job": "ftjob-0123456789abcdef01234567",
            "seeds": [1, 2],
            "arms": ["circuit", "bottleneck"],
            "rates": {"circuit": [0.01]},
            "settings": {"steps": 2},
        },
        "post /v1/wukong/datasets": {
            "address": "https://example.org/talks.jsonl",
            "name": "Talks",
            "licence": "CC BY 4.0",
        },
        "post /v1/wukong/datasets/{file_id}/versions": {
            "fix": [3],
            "fix_all": False,
            "exclude": [2],
            "edit": [
                {
                    "line": 1,
                    "messages": [
                        {"role": "user", "content": "Hello"},
                        {"role": "assistant", "content": "Hi."},
                    ],
                }
            ],
            "tag": [{"line": 4, "tags": ["sleep"]}],
            "finding": None,
            "note": "why",
        },
        "post /v1/wukong/datasets/{file_id}/check": {
            "format": "",
            "encoding": "",
            "mapping": None,
            "speaker": "",
            "consent": None,
            "split": {"by": "dialogue", "seed": 3, "share": 0.2},
        },
        "post /v1/webhooks": {
            "name": "Lab",
            "url": "https://example.org/hook",
            "events": ["run.finished"],
        },
    }
