"""Pieces add up to the whole text, whatever the boundaries."""

import pytest
from tokenizers import Tokenizer, decoders, models

from chat.engine.inference.decoding import TextDecoder


def decode(ids) -> str:
    return bytes(ids).decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["plain words", "你好，世界", "a 👩‍👩‍👧 b", "é", ""])
def test_multi_byte_characters_arrive_whole(text: str) -> None:
    decoder = TextDecoder(decode)
    pieces = [decoder.push(byte) for byte in text.encode()] + [decoder.flush()]
    assert "".join(pieces) == text
    assert "\ufffd" not in "".join(pieces)


def test_half_a_character_at_the_end_is_dropped() -> None:
    decoder = TextDecoder(decode)
    pieces = [decoder.push(byte) for byte in "ok你".encode()[:-1]] + [decoder.flush()]
    assert "".join(pieces) == "ok"


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("one two three", ["two"], "one "),
        ("aaab", ["aab"], "a"),
        ("no stop here", ["sto!"], "no stop here"),
        ("ends with st", ["stop"], "ends with st"),
        ("x<a><ab>", ["<ab>", "zz"], "x<a>"),
        ("both b a", ["a", "b"], ""),
    ],
)
def test_stop_strings_never_leak(text: str, stop: list[str], expected: str) -> None:
    decoder = TextDecoder(decode, stop)
    shown = ""
    for byte in text.encode():
        shown += decoder.push(byte)
        assert expected.startswith(shown)
        if decoder.stopped:
            break
    assert shown + decoder.flush() == expected
    assert decoder.stopped == (expected != text)


def test_a_space_that_a_lone_token_loses_is_kept() -> None:
    words = ["I", "▁am", "▁here"]

    def sentencepiece(ids) -> str:
        return "".join(words[i] for i in ids).replace("▁", " ").removeprefix(" ")

    decoder = TextDecoder(sentencepiece)
    assert "".join(decoder.push(i) for i in range(3)) == "I am here"


def test_a_stray_byte_ends_no_reply() -> None:
    """Where a character in bytes is followed by half of one, `DecodeStream` of tokenizers fails."""
    vocabulary = {f"<0x{byte:02X}>": byte for byte in range(256)} | {"▁so": 256, "a": 257}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    decoder = TextDecoder(lambda ids: tokenizer.decode(list(ids)))
    ids = [257, *"é".encode(), 0x80, 256, *"你".encode(), 257]
    pieces = [decoder.push(token) for token in ids] + [decoder.flush()]
    text = "".join(pieces)
    assert text.startswith("aé")
    assert text.endswith(" so你a")
