"""A file put in its place: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def place(path: Path, text: str, *, is_new: bool, mode: int = 0) -> None:
    """The whole file or nothing; a new one never replaces what appeared there meanwhile.

    `mode` is added to that of the file. Raises OSError.
    """
    target = path.resolve()
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with scratch.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        kept = scratch if is_new else target
        scratch.chmod(kept.stat().st_mode & 0o777 | mode)
        if is_new:
            os.link(scratch, target)
        else:
            scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
