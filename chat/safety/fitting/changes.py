"""Keeps what training did to an encoder as low-rank changes in PEFT's own layout.

Of each matrix's change the RANK largest singular values are kept, in half the numbers' width: a
few megabytes where the matrices themselves are forty.
"""

from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import BertModel

RANK = 64
PARTS = ["query", "key", "value", "dense"]  # of a layer: attention and feed-forward


def changes_save(before: BertModel, after: BertModel, folder: Path) -> float:
    """Writes an adapter that makes `after` of `before`; returns the share of the change it keeps.

    The share is of the squared numbers, over all matrices; 1 where the change is of RANK or less.
    """
    trained = dict(after.named_parameters())
    layers = sorted(
        {
            int(name.split(".")[2])
            for name, each in before.named_parameters()
            if name.startswith("encoder.layer.") and not torch.equal(each, trained[name])
        }
    )
    config = LoraConfig(
        r=RANK, lora_alpha=RANK, target_modules=PARTS, layers_to_transform=layers or None
    )
    adapted: PeftModel = get_peft_model(before, config)
    kept = whole = 0.0
    for name, parameter in before.named_parameters():
        if "lora_A" in name:
            matrix = name.replace(".lora_A.default.weight", "")
            base = before.get_parameter(f"{matrix}.base_layer.weight")
            left, sizes, right = torch.linalg.svd(
                (trained[f"{matrix}.weight"] - base).detach(), full_matrices=False
            )
            roots = sizes[:RANK].sqrt()
            parameter.data = roots[:, None] * right[:RANK]
            before.get_parameter(f"{matrix}.lora_B.default.weight").data = left[:, :RANK] * roots
            kept += float((sizes[:RANK] ** 2).sum())
            whole += float((sizes**2).sum())
    adapted.peft_config["default"].base_model_name_or_path = ""  # else a folder of this machine
    halves = {name: each.half() for name, each in adapted.state_dict().items()}
    adapted.save_pretrained(str(folder), state_dict=halves)
    (folder / "README.md").unlink(missing_ok=True)  # a form to fill in
    (folder / "adapter_model.safetensors").chmod(0o644)  # the library writes it for its owner alone
    return kept / whole if whole else 1.0
