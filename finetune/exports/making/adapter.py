"""The adapter as a folder that PEFT loads anywhere, and the script that does it.

Weights are copied as they are. What names a folder of this server is named as elsewhere.
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

import quantum
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import TEMPLATE, Lock, LockBroken, template_write
from finetune.training.lock.replay import lock_of, replay
from finetune.training.loop.finite_files import WEIGHTS, adapter_problem
from quantum.adapters.registry import get_adapter

from .exceptions import ExportFailed
from .order import Order

CONFIG = "adapter_config.json"
PACKAGES = ("torch", "transformers", "peft", "numpy", "safetensors")
OWN_TUNER = """\
sys.path.insert(0, str(here / "code"))  # PEFT does not know this adapter: its code lies beside it
from quantum.adapters.registry import get_adapter
get_adapter("{adapter}").load_tuner()
"""
SCRIPT = '''\
"""Load the adapter and ask it a golden prompt: python load.py BASE (a folder or a hub's name)."""
import json, pathlib, sys
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
here = pathlib.Path(__file__).resolve().parent
{tuner}base = sys.argv[1] if len(sys.argv) > 1 else "{base_id}"
model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
model = PeftModel.from_pretrained(model, here / "adapter").eval()
tokenizer = AutoTokenizer.from_pretrained(base)
tokenizer.chat_template = (here / "adapter" / "chat_template.jinja").read_bytes().decode()
golden = json.loads((here / "adapter" / "lock.json").read_text())["golden"][0]
asked = tokenizer.apply_chat_template(
    golden["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True)
said = model.generate(**asked, max_new_tokens=len(golden["reply_ids"]), do_sample=False)
said = said[0, asked["input_ids"].shape[1]:].tolist()
print(tokenizer.decode(said, skip_special_tokens=True))
print("This is what was trained." if said == golden["reply_ids"] else
      "It parts from what was trained. Is the base the same (README.md names its hash)?")
'''


def stage(order: Order, folder: Path) -> None:
    """Write adapter, script and, for our own tuners, their code into `folder`.

    Raises:
        ExportFailed: its weights cannot be used, or its chat template is another one.
    """
    source, target = Path(order.source), folder / "adapter"
    target.mkdir(parents=True)
    for name in (WEIGHTS, CONFIG, TEMPLATE):
        try:
            shutil.copyfile(source / name, target / name)
        except FileNotFoundError:
            raise ExportFailed(
                f"{name} is gone from the server. Export another checkpoint, or run it again."
            ) from None
    if problem := adapter_problem(target):
        raise ExportFailed(f"The adapter cannot be exported: {problem}.")
    config: dict[str, Any] = json.loads((target / CONFIG).read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = order.base_id
    (target / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tuner = ""
    packages = list(PACKAGES)
    if get_adapter(order.adapter).tuner is not None:
        tuner = OWN_TUNER.format(adapter=order.adapter)
        _copy_code(folder / "code" / "quantum")
    script = SCRIPT.format(tuner=tuner, base_id=order.base_id)
    (folder / "load.py").write_text(script, encoding="utf-8")
    pins = "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in packages)
    (folder / "requirements.txt").write_text(pins, encoding="utf-8")


def _copy_code(target: Path) -> None:
    package = Path(quantum.__file__).parent
    shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))


def load(order: Order, adapter: Path) -> tuple[Any, ChatFormat]:
    """Load base and staged adapter as anybody would.

    Raises:
        ExportFailed: the base cannot be loaded, or the adapter not on it.
    """
    get_adapter(order.adapter).load_tuner()
    template = (adapter / TEMPLATE).read_bytes().decode("utf-8")
    try:
        base: Any = AutoModelForCausalLM.from_pretrained(order.base, dtype="auto")
        if base.dtype == torch.float16:
            base = base.float()  # many processors have no half precision
        tokenizer = AutoTokenizer.from_pretrained(order.base)
        model = PeftModel.from_pretrained(base, str(adapter))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        words = " ".join(str(error).split())[:300]
        raise ExportFailed(f"The adapter cannot be loaded on {order.base_id}: {words}") from error
    tokenizer.chat_template = template
    return model.eval(), ChatFormat.of(model, tokenizer)


def hold(order: Order, adapter: Path, model: Any, chat: ChatFormat) -> tuple[Lock, int]:
    """Replay the golden prompts of the run, or record some where it has none.

    Returns:
        The lock, which lies beside the staged weights then, and how many tokens were held to.

    Raises:
        LockBroken: it does not answer as it was trained to.
    """
    trained = Lock.read(Path(order.source))
    if trained is not None and trained.golden:
        held = replay(model, chat, trained)
        trained.write(adapter)
        return trained, held
    template = (adapter / TEMPLATE).read_bytes().decode("utf-8")
    if trained is not None:
        trained.hold_template(template)
    template_write(adapter, template)
    made = lock_of(model, chat, template)
    if not made.golden:
        raise LockBroken("the chat template refuses every golden prompt")
    made.write(adapter)
    return made, replay(model, chat, made)
