"""The model card: an archive's README.md, from facts alone. What is not known is said not to be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from finetune.training.lock.golden import Lock
from finetune.training.preference.settings import PREFERENCE
from quantum.adapters.registry import get_adapter

from .order import Order

UNKNOWN = "not known"
# What a licence asks of whoever passes the model on, by how its name begins in small letters.
TERMS = {
    "apache-2.0": "It may be passed on and sold; keep the licence and the notices.",
    "mit": "It may be passed on and sold; keep the notice.",
    "cc-by-nd": "Name the authors; what was changed may not be passed on.",
    "cc-by-nc-nd": "Not for commercial use, and what was changed may not be passed on.",
    "cc-by-nc-sa": "Not for commercial use; name the authors, and pass on what you make of it "
    "under the same licence.",
    "cc-by-nc": "Not for commercial use; name the authors.",
    "cc-by-sa": "Name the authors, and pass on what you make of it under the same licence.",
    "cc-by": "Name the authors.",
    "cc0": "No conditions.",
    "llama": "Meta's terms: “Built with Llama” has to be shown and the name begin with “Llama”; "
    "their acceptable use policy goes along.",
    "gemma": "Google's terms of use and its list of prohibited uses go along.",
    "qwen research": "For research only, not for commercial use.",
}
# As model hubs name licences; they take any other one as `other`, with its name beside it.
HUB_NAMES = {
    "apache-2.0": "apache-2.0",
    "mit": "mit",
    "gemma": "gemma",
    "llama 3.2 community": "llama3.2",
    "llama3.2": "llama3.2",
}
LIMITS = """\
- It answers in a conversation, and is no substitute for a doctor, a therapist or an emergency line.
- **The studio's safety gate is not in this archive.** In the studio every sentence is judged before
  anybody reads it, and signs of danger are answered with help. Whoever serves these files elsewhere
  has to bring their own.
- The adapter learned from the data named above; it can repeat what stands there.
- A lower loss is not yet a better listener.
"""


def card(
    order: Order,
    about: dict[str, Any],
    lock: Lock,
    replies: Sequence[str],
    circuit: dict[str, Any] | None,
) -> str:
    """Return the card as Markdown, with the head that model hubs read.

    Args:
        order: with the facts of the run.
        about: what the manifest says: time, the base's hashes, how the parts answered.
        lock: what the adapter is held to.
        replies: the golden replies as text.
        circuit: what `circuits.write` found.
    """
    facts = order.facts
    parts = [
        _head(order, facts),
        f"# {facts['name']}\n\n{_intro(order, facts)}",
        "## Use\n\n" + _use(order),
        "## Licence\n\n" + _licences(order, facts, about),
        "## Data\n\n" + _table(_data(facts)),
        "## Base\n\n" + _table(_base(order, facts, about)),
        "## Result\n\n" + _table(_result(facts)),
        "## Settings\n\n" + _table(_settings(facts)),
        "## Circuit\n\n" + _circuit(facts, circuit),
        "## Energy\n\n" + _energy(facts),
        "## Limits\n\n" + LIMITS,
        "## Held to what was trained\n\n" + _lock(about, lock, replies),
        "## Check this archive\n\n`sha256sum -c SHA256SUMS` in its folder; `manifest.json` says "
        f"the same with sizes. Made {about['made']} from job `{facts['job']}`.\n",
    ]
    return "\n".join(parts)


def _head(order: Order, facts: dict[str, Any]) -> str:
    values = {
        "base_model": order.base_id,
        **_licence(order.licence),
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "tags": [order.adapter, "wukong-studio"],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---", ""])


def _licence(name: str) -> dict[str, str]:
    known = HUB_NAMES.get(name.strip().lower())
    if known or not name:
        return {"license": known or "other"}
    return {"license": "other", "license_name": name}


def _intro(order: Order, facts: dict[str, Any]) -> str:
    spec = get_adapter(order.adapter)
    step, steps = facts["step"], facts["steps"]
    state = "the end" if facts["ended"] and step == steps else f"step {step:,}"
    learned = (
        "It learned from pairs of replies, of which one was preferred (direct preference "
        "optimisation, arXiv 2305.18290); losses below are of the preference. "
        if facts["settings"].get("kind") == PREFERENCE
        else ""
    )
    return (
        f"{spec.title} on {order.base_id}, as it was at {state} of {steps:,} steps. {learned}"
        f"{spec.help}\n"
    )


def _use(order: Order) -> str:
    own = get_adapter(order.adapter).tuner is not None
    words = (
        "PEFT alone does not know this adapter; the folder `code` holds the package that teaches "
        "it, and `load.py` takes it from there.\n"
        if own
        else "Plain PEFT loads it; nothing of Wukong Studio is needed.\n"
    )
    lines = [
        "```sh\npip install -r requirements.txt\npython load.py  # or: python load.py BASE_FOLDER\n"
        f"```\n\n{words}"
    ]
    if "merged" in order.parts:
        lines.append("`merged/` is a whole model for `AutoModelForCausalLM`, vLLM and the like.\n")
    if "gguf" in order.parts:
        lines.append("`gguf/` is the merged model for llama.cpp, Ollama, LM Studio and the like.\n")
    return "\n".join(lines)


def terms_of(licence: str) -> str:
    """Return what a licence asks for in a sentence; empty for one that is not known here."""
    name = licence.strip().lower()
    known = sorted(TERMS, key=len, reverse=True)  # cc-by-nd is no cc-by
    return next((TERMS[start] for start in known if name.startswith(start)), "")


def _licences(order: Order, facts: dict[str, Any], about: dict[str, Any]) -> str:
    rows = []
    sources = [("Base", order.base_id, order.licence)]
    sources += [("Data", one["name"], one["licence"]) for one in facts["data"]]
    for kind, name, licence in sources:
        terms = terms_of(licence) or (
            "Read it before you pass this on." if licence else "Ask before you pass this on."
        )
        rows.append((f"{kind}: {name}", f"{licence or UNKNOWN}. {terms}"))
    brought = (
        "Licence and notices from the base's folder are in `licences/`."
        if about["base"]["licences"]
        else "The base's folder has no licence text that could be brought along."
    )
    words = "The strictest of these holds for all that was made from them."
    closed = [one["name"] for one in facts["data"] if one.get("non_commercial")]
    if closed:
        words = f"**Not for commercial use**: it learned from {', '.join(closed)}. {words}"
    return f"{_table(rows)}\n{words} {brought}\n"


def _data(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for one in facts["data"]:
        words = f"{one['name']} (`{one['id']}`), file SHA-256 `{one['sha256'] or UNKNOWN}`"
        rows.append((one["role"], words))
    counts = facts["counts"]
    for part in ("train", "validation"):
        if used := counts.get(part):
            rows.append(
                (
                    f"Dialogues, {part}",
                    f"{used['used']:,} used, {used['skipped']:,} left out, "
                    f"{used['label_tokens']:,} tokens to learn",
                )
            )
    if facts["continues"]:
        rows.append(("Goes on from", f"job `{facts['continues']}`, with its data"))
    return rows


def _base(order: Order, facts: dict[str, Any], about: dict[str, Any]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [("Model", order.base_id), *facts["base"]]
    return rows + [(name, f"SHA-256 `{one}`") for name, one in about["base"]["files"].items()]


def _result(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, UNKNOWN if value is None else value) for name, value in facts["result"]]


def _settings(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (f"`{name}`", f"`{json.dumps(value, ensure_ascii=False)}`")
        for name, value in facts["settings"].items()
    ]


def _circuit(facts: dict[str, Any], circuit: dict[str, Any] | None) -> str:
    if circuit is None:
        return "None: this adapter has no circuit.\n"
    gates = ", ".join(f"{count} {gate.upper()}" for gate, count in circuit["gates"].items())
    rows = [
        ("Qubits", circuit["qubits"]),
        ("Depth", circuit["depth"]),
        ("Gates", gates),
        ("Angles", f"{circuit['angles']} in each of {circuit['copies']} circuits"),
        ("Backend in training", facts["settings"].get("backend", UNKNOWN)),
        *facts["hardware"],
    ]
    return (
        "![The circuit](circuit/circuit-light.svg)\n\n"
        + _table(rows)
        + "\n`circuit/*.qasm` is OpenQASM 3 with its angles as inputs; `circuit/angles.json` has "
        "the trained values of every copy.\n"
    )


def _energy(facts: dict[str, Any]) -> str:
    return f"{facts['energy']}\n" if facts["energy"] else "Not measured for this run.\n"


def _lock(about: dict[str, Any], lock: Lock, replies: Sequence[str]) -> str:
    lines = [
        f"Chat template: SHA-256 `{lock.template_sha256}`.\n",
        "Before it was packed, each form answered these prompts greedily as the trained model did. "
        "A token counts where rounding could not have turned it:\n",
    ]
    for form, one in about["golden"].items():
        by = f", by {one['by']}" if "by" in one else ""
        lines.append(f"- {form}: {one['held']} of {one['of']} tokens counted, all the same{by}")
    lines.append("")
    for golden, reply in zip(lock.golden, replies, strict=True):
        lines.append(f"> {_plain(golden.messages[-1]['content'])}\n>\n> **{_plain(reply)}** …\n")
    return "\n".join(lines)


def _table(rows: Sequence[tuple[str, Any]]) -> str:
    body = "".join(f"| {_plain(name)} | {_plain(value)} |\n" for name, value in rows)
    return f"| | |\n|---|---|\n{body}"


def _plain(value: Any) -> str:
    """Return a text that stays within its cell or line."""
    return " ".join(str(value).replace("|", "\\|").split())
