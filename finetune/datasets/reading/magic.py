"""First bytes of files that are no text: what each is, and what to do with it."""

from __future__ import annotations

from finetune.datasets.reading.exceptions import DatasetRefused

ACCEPTED = "JSONL, JSON, CSV, Parquet, Arrow or Excel (xlsx), also as gz or zip"
_UNPACK = "Unpack it first and upload the file inside, or pack that as gz or zip."
_TEXT = "Upload dialogues as text."
# Magic bytes -> (code, what people call it, what to do)
MAGIC: tuple[tuple[bytes, str, str, str], ...] = (
    (b"PK\x03\x04", "archive", "a ZIP archive or an Office file", _UNPACK),
    (b"PK\x05\x06", "archive", "an empty ZIP archive", "Pack the file with the dialogues again."),
    (b"\x1f\x8b", "archive", "a gzip file", _UNPACK),
    (b"BZh", "archive", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "archive", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "archive", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "archive", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "archive", "a Zstandard archive", _UNPACK),
    (b"\x04\x22\x4d\x18", "archive", "an LZ4 archive", _UNPACK),
    (b"%PDF-", "wrong_type", "a PDF document", "Export its dialogues as text."),
    (b"\x89PNG\r\n\x1a\n", "wrong_type", "a PNG image", _TEXT),
    (b"\xff\xd8\xff", "wrong_type", "a JPEG image", _TEXT),
    (b"GIF8", "wrong_type", "a GIF image", _TEXT),
    (b"RIFF", "wrong_type", "a sound, video or WebP file", _TEXT),
    (b"ID3", "wrong_type", "an MP3 sound file", _TEXT),
    (b"OggS", "wrong_type", "an Ogg media file", _TEXT),
    (b"\x7fELF", "wrong_type", "a program", _TEXT),
    (b"MZ\x90", "wrong_type", "a Windows program", _TEXT),
    (
        b"\xd0\xcf\x11\xe0",
        "wrong_type",
        "an old Office file (xls, doc) or one with a password",
        "Save the sheet as xlsx without a password, or as CSV (UTF-8), and upload that.",
    ),
    (b"PAR1", "wrong_type", "a Parquet file", "Upload it as it is: it is packed already."),
    (b"PARE", "wrong_type", "an encrypted Parquet file", "Write it again without encryption."),
    (b"ARROW1", "wrong_type", "an Arrow file", "Upload it as it is."),
    (b"FEA1", "wrong_type", "a Feather file of version 1", "Write it again as version 2."),
    (b"SQLite format 3\x00", "wrong_type", "an SQLite database", "Export it as JSONL or CSV."),
    (b"GGUF", "wrong_type", "model weights (GGUF)", _TEXT),
    (b"\x93NUMPY", "wrong_type", "a NumPy array", _TEXT),
    (b"\x80\x04\x95", "wrong_type", "a Python pickle", "Export it as JSONL."),
    (b"\x80\x05\x95", "wrong_type", "a Python pickle", "Export it as JSONL."),
    (b"{\\rtf", "wrong_type", "an RTF document", "Save it as plain text (CSV or JSONL)."),
)


def refuse_binary(head: bytes) -> None:
    """Refuse what is no text by its first bytes.

    Raises:
        DatasetRefused: `archive` or `wrong_type`.
    """
    for magic, code, name, hint in MAGIC:
        if head.startswith(magic):
            raise DatasetRefused(code, f"This is {name}, not {ACCEPTED}.", hint)
    if head[257:262] == b"ustar":
        raise DatasetRefused("archive", "This is a tar archive.", _UNPACK)
    if head[4:8] == b"ftyp":
        raise DatasetRefused("wrong_type", "This is a video.", _TEXT)
    sample = head[:4096]
    if not sample.strip(b"\0 \r\n\t"):
        return
    zeros = sample.count(0)
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    if (len(sample) >= 8 and zeros * 3 >= len(sample)) or control * 10 > len(sample) * 3:
        raise DatasetRefused(
            "wrong_type", "This is a binary file, not text.", f"Upload {ACCEPTED}."
        )


def packing(head: bytes, size: int) -> str:
    """The container that a file's first bytes name; empty for text and for what is not read."""
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"ARROW1\0\0"):
        return "arrow"
    if head.startswith(b"\xff\xff\xff\xff") and len(head) >= 8:  # Arrow's stream, as `datasets` has
        length = int.from_bytes(head[4:8], "little")
        return "arrow_stream" if 0 < length < size and length % 8 == 0 else ""
    return ""
