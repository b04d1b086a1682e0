"""The adapter as a folder that PEFT loads anywhere, and the script that does it.

Weights are copied as they are. What names a folder of this server is named as elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

import quantum
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import LEADS, TEMPLATE, Lock, LockBroken, template_write
from finetune.training.lock.replay import lock_of, replay
from finetune.training.log.sentences import sentence
from finetune.training.loop.finite_files import WEIGHTS, adapter_problem
from quantum.adapters.registry import get_adapter

from .exceptions import ExportFailed
from .order import Order

CONFIG = "adapter_config.json"
LICENCES = re.compile(r"(LICEN[CS]E|NOTICE|USE_POLICY)", re.IGNORECASE)
PACKAGES = ("torch", "transformers", "peft", "numpy", "safetensors")
OWN_TUNER = """\
sys.path.insert(0, str(here / "code"))  # PEFT does not know this adapter: its code lies beside it
from quantum.adapters.registry import get_adapter
get_adapter("{adapter}").load_tuner()
"""
SCRIPT = '''\
"""Load the adapter and ask it a golden prompt: python load.py BASE (a folder or a hub's name)."""
import json, pathlib, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
here = pathlib.Path(__file__).resolve().parent
{tuner}base = sys.argv[1] if len(sys.argv) > 1 else "{base_id}"
model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
model = PeftModel.from_pretrained(model, here / "adapter").eval()
tokenizer = AutoTokenizer.from_pretrained(base)
tokenizer.chat_template = (here / "adapter" / "chat_template.jinja").read_bytes().decode()
# To talk: asked = tokenizer.apply_chat_template(
#     messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
# and model.generate(**asked). Here the trained reply is read along: which token comes first?
lock = json.loads((here / "adapter" / "lock.json").read_text(encoding="utf-8"))
least = {leads}.get(lock["dtype"], {coarsest})  # a smaller lead may be turned by rounding
golden = lock["golden"][0]
asked, trained = golden["prompt_ids"], golden["reply_ids"]
with torch.no_grad():
    logits = model(torch.tensor([asked + trained[:-1]])).logits[0, len(asked) - 1:]
said = logits.argmax(-1).tolist()
print(tokenizer.decode(said, skip_special_tokens=True))
same = all(now == then or lead < least for now, then, lead in zip(said, trained, golden["leads"]))
print("This is what was trained." if same else
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
                sentence(
                    "%(name)s is gone from the server. Export another checkpoint, or run it again.",
                    name=name,
                )
            ) from None
    if problem := adapter_problem(target):
        raise ExportFailed(
            sentence("The adapter cannot be exported: %(problem)s.", problem=problem)
        )
    config: dict[str, Any] = json.loads((target / CONFIG).read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = order.base_id
    (target / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tuner = ""
    packages = list(PACKAGES)
    if get_adapter(order.adapter).tuner is not None:
        tuner = OWN_TUNER.format(adapter=order.adapter)
        _copy_code(folder / "code" / "quantum")
    licences_copy(Path(order.base), folder / "licences")
    script = SCRIPT.format(
        tuner=tuner, base_id=order.base_id, leads=LEADS, coarsest=max(LEADS.values())
    )
    (folder / "load.py").write_text(script, encoding="utf-8")
    pins = "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in packages)
    (folder / "requirements.txt").write_text(pins, encoding="utf-8")


def licences_copy(base: Path, target: Path) -> None:
    """Put the base's licence, notices and terms of use beside the weights, as they ask for it."""
    for path in sorted(base.glob("*")):
        if LICENCES.match(path.name) and path.is_file():
            target.mkdir(exist_ok=True)
            shutil.copyfile(path, target / path.name)


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
        base: Any = AutoModelForCausalLM.from_pretrained(
            order.base, dtype="auto", use_safetensors=True, trust_remote_code=False
        )
        if base.dtype == torch.float16:
            base = base.float()  # many processors have no half precision
        tokenizer = AutoTokenizer.from_pretrained(order.base, trust_remote_code=False)
        model = PeftModel.from_pretrained(base, str(adapter))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        words = " ".join(str(error).split())[:300]
        raise ExportFailed(
            sentence(
                "The adapter cannot be loaded on %(base)s: %(words)s",
                base=order.base_id,
                words=words,
            )
        ) from error
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
        raise LockBroken(sentence("the chat template refuses every golden prompt"))
    made.write(adapter)
    return made, replay(model, chat, made)
