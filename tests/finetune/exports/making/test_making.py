"""An export from its order to its archive: what is in it, who loads it, what is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.exports.making.__main__ import main, make
from finetune.exports.making.adapter import stage
from finetune.exports.making.card import card, terms_of
from finetune.exports.making.exceptions import ExportFailed
from finetune.exports.making.order import Order
from finetune.training.lock.golden import Lock, LockBroken, template_sha256

from .conftest import FACTS

Orders = Callable[..., Order]
CLEAN = "import importlib.util as u; assert not (u.find_spec('quantum') or u.find_spec('finetune'))"


def unpacked(order: Order, folder: Path) -> tuple[Path, dict[str, Any], list[str]]:
    """Make an export, unpack it elsewhere; return its folder, the result and what was told."""
    folder.mkdir()
    told: list[str] = []
    result = make(order, folder, lambda phase, share: told.append(f"{phase} {share:.2f}"))
    with zipfile.ZipFile(folder / result["file"]) as archive:
        archive.extractall(folder / "out")
    return folder / "out" / "tiny", result, told


@pytest.fixture(scope="module")
def lora(
    order: Orders, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], list[str]]:
    """The export of a LoRA's adapter alone, made once and not to be changed."""
    return unpacked(order(), tmp_path_factory.mktemp("lora") / "export")


def isolated(*arguments: str, cwd: Path) -> str:
    """Run Python without this repository on its path."""
    done = subprocess.run(
        [sys.executable, "-I", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_plain_peft_loads_a_lora_in_a_clean_environment(lora: Any, tiny_model_dir: Path) -> None:
    out, result, told = lora
    isolated("-c", CLEAN, cwd=out)
    assert not (out / "code").exists()
    said = isolated("load.py", str(tiny_model_dir), cwd=out)
    assert said.rstrip().endswith("This is what was trained.")
    config = json.loads((out / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "someone/tiny"
    assert [share.split()[1] for share in told] == sorted(share.split()[1] for share in told)
    assert result["golden"]["adapter"]["held"] > 0


def test_the_script_says_where_another_base_parts(
    lora: Any, tmp_path: Path, tiny_model_dir: Path
) -> None:
    out, _, _ = lora
    other = Path(shutil.copytree(tiny_model_dir, tmp_path / "other"))
    tensors = load_file(other / "model.safetensors")
    tensors["model.norm.weight"] = torch.linspace(-1, 1, 48)
    save_file(tensors, other / "model.safetensors", {"format": "pt"})
    assert "It parts from what was trained." in isolated("load.py", str(other), cwd=out)


def test_our_own_tuner_brings_its_code(order: Orders, tmp_path: Path, tiny_model_dir: Path) -> None:
    out, _, _ = unpacked(order("qtha"), tmp_path / "export")
    said = isolated("load.py", str(tiny_model_dir), cwd=out)
    assert said.rstrip().endswith("This is what was trained.")
    assert "PEFT alone does not know this adapter" in (out / "README.md").read_text()
    qasm = (out / "circuit" / "circuit-1.qasm").read_text()
    assert qasm.startswith("OPENQASM 3")
    angles = json.loads((out / "circuit" / "angles.json").read_text())
    tensors = load_file(out / "adapter" / "adapter_model.safetensors")
    trained = {round(number, 5) for one in tensors.values() for number in one.flatten().tolist()}
    first = next(iter(angles.values()))
    assert first["circuit"] == "circuit-1.qasm"
    assert {round(number, 5) for number in first["angles"]} <= trained
    assert "<svg" in (out / "circuit" / "circuit-light.svg").read_text()
    with pytest.raises(ExportFailed, match="does not merge"):
        unpacked(order("qtha", parts=("adapter", "merged")), tmp_path / "merged")


def test_every_file_is_hashed_and_no_place_of_this_server_is_told(
    order: Orders, tmp_path: Path, runs: dict[str, Path], tiny_model_dir: Path
) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "metrics.csv").write_text("step,train_loss\n1,3.2\n")
    result = make(order(), tmp_path / "export", lambda phase, share: None)
    with zipfile.ZipFile(tmp_path / "export" / result["file"]) as archive:
        archive.extractall(tmp_path / "out")
    out = tmp_path / "out" / "tiny"
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {line.split("  ")[1] for line in (out / "SHA256SUMS").read_text().splitlines()} == (
        files - {"SHA256SUMS"}
    )
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["files"]) == files - {"SHA256SUMS", "manifest.json"}
    weights = (tiny_model_dir / "model.safetensors").read_bytes()
    assert manifest["base"]["files"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    for name in files:
        content = (out / name).read_bytes()
        assert str(tiny_model_dir).encode() not in content, name
        assert str(runs["lora"]).encode() not in content, name
    assert not (tmp_path / "export" / "stage").exists()


def test_the_card_tells_the_facts_and_what_is_not_known(lora: Any) -> None:
    out, _, _ = lora
    card = (out / "README.md").read_text()
    assert card.startswith('---\nbase_model: "someone/tiny"\nlicense: "apache-2.0"\n')
    assert "| Data: Talks | not known. Ask before you pass this on. |" in card
    assert "| Tokens learned from | not known |" in card
    assert "# A tiny | run" in card
    assert "| `seed` | `7` |" in card
    assert "Not measured for this run." in card
    assert "safety gate is not in this archive" in card
    assert "None: this adapter has no circuit." in card
    lock = Lock.read(out / "adapter")
    assert lock is not None
    assert lock.template_sha256 in card
    assert lock.template_sha256 == template_sha256(
        (out / "adapter" / "chat_template.jinja").read_text()
    )


def test_merged_model_and_gguf_are_what_was_trained(
    order: Orders, tmp_path: Path, runs: dict[str, Path], tiny_model_dir: Path
) -> None:
    from peft import PeftModel

    out, result, told = unpacked(order(parts=("adapter", "merged", "gguf")), tmp_path / "export")
    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    adapted = PeftModel.from_pretrained(base, str(runs["lora"] / "adapter")).eval()
    merged = AutoModelForCausalLM.from_pretrained(out / "merged").eval()
    half = AutoModelForCausalLM.from_pretrained(out / "gguf", gguf_file="tiny-f16.gguf").eval()
    tokenizer = AutoTokenizer.from_pretrained(out / "gguf", gguf_file="tiny-f16.gguf")
    ids = torch.tensor([[1, 300, 4000, 17, 99]])
    with torch.no_grad():
        wanted = adapted(ids).logits
        torch.testing.assert_close(merged(ids).logits, wanted, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(half(ids).logits, wanted, atol=2e-3, rtol=1e-2)
        with adapted.disable_adapter():
            assert not torch.allclose(adapted(ids).logits, wanted, atol=2e-3)
    template = (out / "adapter" / "chat_template.jinja").read_text()
    assert tokenizer.chat_template == template
    assert (out / "merged" / "chat_template.jinja").read_text() == template
    assert result["golden"]["gguf"]["by"] == "llama.cpp"
    assert result["golden"]["merged"]["held"] > 0
    assert any(one.startswith("merging") for one in told)
    assert any(one.startswith("writing") for one in told)


def test_gguf_alone_leaves_the_merged_model_out(order: Orders, tmp_path: Path) -> None:
    out, result, _ = unpacked(order(parts=("adapter", "gguf")), tmp_path / "export")
    assert (out / "gguf" / "tiny-f16.gguf").is_file()
    assert not (out / "merged").exists()
    assert set(result["golden"]) == {"adapter", "gguf"}


@pytest.fixture
def changed(runs: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(runs["lora"] / "adapter", tmp_path / "adapter"))


def test_other_weights_are_refused(order: Orders, changed: Path, tmp_path: Path) -> None:
    tensors = load_file(changed / "adapter_model.safetensors")
    torch.manual_seed(3)
    other = {name: 3 * torch.randn_like(one) for name, one in tensors.items()}
    save_file(other, changed / "adapter_model.safetensors", {"format": "pt"})
    with pytest.raises(LockBroken, match="to golden prompt 1 it answers otherwise"):
        unpacked(order(source=str(changed)), tmp_path / "export")


def test_another_template_is_refused_in_the_result(
    order: Orders, changed: Path, tmp_path: Path
) -> None:
    (changed / "chat_template.jinja").write_text("{{ messages[0].content }}")
    (tmp_path / "export").mkdir()
    order(source=str(changed)).write(tmp_path / "export")
    assert main(tmp_path / "export") == 0
    result = json.loads((tmp_path / "export" / "result.json").read_text())
    assert result["lock"]
    assert "Refused: the chat template has SHA-256" in result["problem"]
    assert not list((tmp_path / "export").glob("*.zip"))


def test_a_checkpoint_without_golden_replies_gets_some(
    order: Orders, runs: dict[str, Path], tmp_path: Path
) -> None:
    checkpoint = runs["lora"] / "checkpoints" / "checkpoint-2"
    lock = Lock.read(checkpoint)
    assert lock is not None
    assert not lock.golden
    out, _, _ = unpacked(order(source=str(checkpoint)), tmp_path / "export")
    made, trained = Lock.read(out / "adapter"), Lock.read(runs["lora"] / "adapter")
    assert made is not None
    assert trained is not None
    assert [one.reply_ids for one in made.golden] == [one.reply_ids for one in trained.golden]
    assert not (out / "adapter" / "optimizer.pt").exists()


def test_the_script_counts_what_rounding_cannot_turn(
    lora: Any, tmp_path: Path, tiny_model_dir: Path
) -> None:
    """And settings of the base, such as Qwen2.5's repetition penalty, turn nothing."""
    out = Path(shutil.copytree(lora[0], tmp_path / "export"))
    base = Path(shutil.copytree(tiny_model_dir, tmp_path / "base"))
    (base / "generation_config.json").write_text('{"repetition_penalty": 50.0}')
    path = out / "adapter" / "lock.json"
    lock = json.loads(path.read_text())
    lock["golden"][0]["leads"][-1] = 0.0001
    lock["golden"][0]["reply_ids"][-1] += 1
    path.write_text(json.dumps(lock))
    assert "This is what was trained." in isolated("load.py", str(base), cwd=out)
    lock["golden"][0]["leads"][-1] = 0.5
    path.write_text(json.dumps(lock))
    assert "It parts from what was trained." in isolated("load.py", str(base), cwd=out)


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC-BY-ND-4.0", "may not be passed on"),
        ("cc-by-nc-sa-4.0", "under the same licence"),
        ("CC-BY-4.0", "Name the authors."),
        ("Qwen Research", "research only"),
        ("Something else", ""),
    ],
)
def test_a_licence_is_not_taken_for_a_milder_one(licence: str, terms: str) -> None:
    assert terms in terms_of(licence)
    assert bool(terms) == bool(terms_of(licence))


def test_the_head_names_licences_as_hubs_do(order: Orders) -> None:
    for licence, head in (
        ("Llama 3.2 Community", 'license: "llama3.2"\nlib'),
        ("Qwen Research", 'license: "other"\nlicense_name: "Qwen Research"\nlib'),
        ("", 'license: "other"\nlib'),
    ):
        about = {"made": "", "base": {"files": {}, "licences": []}, "golden": {}}
        words = card(order(licence=licence), about, Lock("", "float32", []), [], None)
        assert head in words
        assert "`licences/`" not in words  # there are none


def test_the_card_warns_of_data_that_leaves_no_commercial_use(order: Orders) -> None:
    about = {"made": "", "base": {"files": {}, "licences": []}, "golden": {}}
    for closed in (True, False):
        data = [{**FACTS["data"][0], "name": "Listening", "non_commercial": closed}]
        words = card(order(facts={**FACTS, "data": data}), about, Lock("", "float32", []), [], None)
        assert ("**Not for commercial use**: it learned from Listening." in words) == closed


def test_an_early_end_is_no_end_of_all_steps(order: Orders) -> None:
    facts = {**FACTS, "ended": True, "step": 3, "steps": 9}
    about = {"made": "", "base": {"files": {}, "licences": []}, "golden": {}}
    words = card(order(facts=facts), about, Lock("", "float32", []), [], None)
    assert "as it was at step 3 of 9 steps" in words


def test_the_base_s_licence_comes_along(
    order: Orders, tmp_path: Path, tiny_model_dir: Path
) -> None:
    base = Path(shutil.copytree(tiny_model_dir, tmp_path / "base"))
    for name in ("LICENSE", "USE_POLICY.md", "notes.txt"):
        (base / name).write_text(name)
    stage(order(base=str(base)), tmp_path / "stage")
    assert {path.name for path in (tmp_path / "stage" / "licences").iterdir()} == {
        "LICENSE", "USE_POLICY.md",
    }  # fmt: skip
