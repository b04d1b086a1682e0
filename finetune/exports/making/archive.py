"""One zip of everything, with a manifest of hashes; written as a stream, there whole or not at all.

`sha256sum -c SHA256SUMS` checks what was unpacked.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.bases.files.wheels import file_sha256

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
STORED = {".safetensors", ".gguf"}  # weights do not get smaller


def files_of(folder: Path) -> list[Path]:
    """Return every file below a folder, in the order in which it is packed."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def hashes(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of every file below a folder, by its place in the archive."""
    return {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
        }
        for path in files_of(folder)
    }


def pack(
    folder: Path, target: Path, about: dict[str, Any], packed: Callable[[float], None]
) -> dict[str, Any]:
    """Write manifest and sums, then the archive, in one rename.

    Args:
        folder: what is packed.
        target: the archive.
        about: what the manifest says beside the files.
        packed: told the share of the bytes that are in it.

    Returns:
        The manifest.
    """
    manifest = {**about, "files": hashes(folder)}
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    listed = {**manifest["files"], MANIFEST: {"sha256": file_sha256(folder / MANIFEST)}}
    sums = "".join(f"{one['sha256']}  {name}\n" for name, one in sorted(listed.items()))
    (folder / SUMS).write_text(sums, encoding="utf-8")
    partial = target.with_name(f".{target.name}.part")
    total = sum(path.stat().st_size for path in files_of(folder))
    done = 0
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files_of(folder):
                kind = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
                place = f"{target.stem}/{path.relative_to(folder).as_posix()}"
                archive.write(path, place, compress_type=kind)
                done += path.stat().st_size
                packed(done / total)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest
