"""A folder copied and digested in one walk, so that the digest is that of the copy."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from hrmsops.errors.images import ImageFileRefused

LEFT_OUT = frozenset({"__pycache__"})  # Bytecode carries times of its source.
BLOCK_BYTES = 1 << 18


def copy_and_digest(source: Path, target: Path) -> str:
    """Copy `source` into the new folder `target`; `sha256:HEX` of paths, executable bits and bytes.

    Raises ImageFileRefused for a link that leads outside and for what is no file at all.
    """
    digest = hashlib.sha256()
    target.mkdir()
    for path in _walk(source):
        relative = path.relative_to(source)
        kind, size, content = _copy(path, target / relative)
        head = (kind, os.fsencode(relative.as_posix()), str(size).encode())
        # Lengths first: no choice of names can make two different folders read the same.
        digest.update(b"".join(b"%d:%s" % (len(part), part) for part in (*head, content)))
    _refuse_links_that_leave(source, target)
    return f"sha256:{digest.hexdigest()}"


def make_read_only(folder: Path) -> None:
    """Take the right to write from every file and folder, the deepest first."""
    for path in reversed([folder, *_walk(folder)]):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def remove_read_only(folder: Path) -> None:
    """Remove a folder that `make_read_only` has closed."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below, a folder before what it holds, in the order of the names' bytes."""
    for path in sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name)):
        if path.name in LEFT_OUT:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)


def _copy(source: Path, target: Path) -> tuple[bytes, int, bytes]:
    """What was copied: its kind, its size in bytes, the bytes' own digest or a link's target."""
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        link = source.readlink()
        if link.is_absolute():
            raise ImageFileRefused(path=source, reason="an absolute link")
        target.symlink_to(link)
        return b"link", 0, os.fsencode(link)
    if stat.S_ISDIR(mode):
        target.mkdir(mode=0o755)
        return b"folder", 0, b""
    if stat.S_ISREG(mode):
        return _copy_file(source, target, executable=bool(mode & 0o111))
    raise ImageFileRefused(path=source, reason="neither a file nor a folder")


def _copy_file(source: Path, target: Path, *, executable: bool) -> tuple[bytes, int, bytes]:
    content, size = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("xb") as write:
        while block := read.read(BLOCK_BYTES):
            content.update(block)
            size += write.write(block)
    target.chmod(0o755 if executable else 0o644)
    return b"program" if executable else b"file", size, content.digest()


def _refuse_links_that_leave(source: Path, target: Path) -> None:
    inside = target.resolve()
    for path in _walk(target):
        if path.is_symlink() and not _leads_into(path, inside):
            named = source / path.relative_to(target)
            raise ImageFileRefused(path=named, reason="a link that leads out, or nowhere")


def _leads_into(link: Path, folder: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(folder)
    except (OSError, RuntimeError):  # A dead end, or a circle of links.
        return False
