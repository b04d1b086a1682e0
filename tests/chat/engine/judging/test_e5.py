"""The packed encoder: what is written comes out again as a model and a tokenizer that agree."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from chat.engine.judging.e5 import BLOCK, SPECIAL, expand
from chat.engine.judging.encoder import Encoder

WIDTH, LAYERS, HEADS, INNER, POSITIONS, TYPES = 32, 1, 2, 64, 40, 1
PIECES = [*SPECIAL, "▁hi", "▁你", "好", "▁мир", "▁", "h", "i", "<mask>"]
KEPT = [piece for piece in PIECES if piece not in ("▁мир", "<mask>")]


def layer_tensors(rng: np.random.Generator) -> list[tuple[str, np.ndarray]]:
    found = []
    for part, rows, columns in (
        *((name, WIDTH, WIDTH) for name in ("q", "k", "v", "ao")),
        ("fi", INNER, WIDTH),
        ("fo", WIDTH, INNER),
    ):
        found.append((f"l0.{part}.w", rng.normal(size=(rows, columns)) / 6))
        found.append((f"l0.{part}.b", rng.normal(size=rows) / 6))
    for part in ("aln", "oln"):
        found += [(f"l0.{part}.w", np.ones(WIDTH)), (f"l0.{part}.b", np.zeros(WIDTH))]
    return found


def packed(values: np.ndarray) -> bytes:
    blocks = values.reshape(-1, BLOCK)
    scales = (np.abs(blocks).max(1) / 7).astype("<f2")
    whole = np.clip(np.round(blocks / scales.astype(np.float32)[:, None]) + 8, 0, 15)
    halves = whole.astype(np.uint8)
    low, high = halves[:, : BLOCK // 2], halves[:, BLOCK // 2 :]
    return b"".join(
        scale.tobytes() + (one | other << 4).tobytes()
        for scale, one, other in zip(scales, low, high, strict=True)
    )


def write(path: Path, *, version: int = 1) -> dict[str, np.ndarray]:
    """A file of the format with one small layer; returns what it holds."""
    rng = np.random.default_rng(3)
    tensors = [
        ("emb.word", rng.normal(size=(len(PIECES), WIDTH))),
        ("emb.pos", rng.normal(size=(POSITIONS, WIDTH)) / 6),
        ("emb.type", rng.normal(size=(TYPES, WIDTH)) / 6),
        ("emb.ln.w", np.ones(WIDTH)),
        ("emb.ln.b", np.zeros(WIDTH)),
        *layer_tensors(rng),
    ]
    names = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, names)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", version, *shape(), 1e-12, BLOCK)
    head += struct.pack("<5i", len(PIECES), 0, 1, 2, 3)
    head += struct.pack("<Q", int(ends[-1])) + ends.tobytes()
    head += np.linspace(-1, -3, len(PIECES)).astype("<f4").tobytes() + b"".join(names)
    head += struct.pack("<iI", 0, 0)
    size = len(head) + 4 + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, _ in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, values in tensors:
        is_packed = values.ndim == 2
        data = packed(values.astype(np.float32)) if is_packed else values.astype("<f4").tobytes()
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", int(is_packed), values.size, size + len(body), len(data))
        body += data
    path.write_bytes(head + directory + body)
    return dict(tensors)


def shape() -> tuple[int, ...]:
    return WIDTH, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, TYPES


def test_a_packed_encoder_becomes_a_model(tmp_path: Path) -> None:
    held = write(tmp_path / "packed")
    expand(tmp_path / "packed", tmp_path)
    encoder = Encoder(tmp_path, changes=None)
    word = encoder.model.embeddings.word_embeddings.weight
    assert word.shape == (len(KEPT), WIDTH)  # pieces of other scripts are left out
    rows = [PIECES.index(piece) for piece in KEPT]
    assert np.allclose(word.detach().numpy(), held["emb.word"][rows], atol=0.25)
    narrow = encoder.model.encoder.layer[0].output.dense.weight.detach().numpy()
    assert np.allclose(narrow, held["l0.fo.w"], atol=0.06)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("hi  你好").tokens == ["<s>", "▁hi", "▁你", "好", "</s>"]
    first, second = encoder.vectors(["hi", "你好 hi"], "person")
    alone = encoder.vectors(["你好 hi"], "person")[0]
    assert np.allclose(second, alone, atol=1e-5)  # whatever stands beside it
    assert not np.allclose(first, second)
    assert encoder.model.dtype == torch.float32


def test_another_format_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "packed", version=2)
    with pytest.raises(ValueError, match="version 2"):
        expand(tmp_path / "packed", tmp_path)
