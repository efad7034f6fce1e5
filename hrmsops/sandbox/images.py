"""The sandbox's registry: folders by the digest of what they hold, and the tags that name them."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hrmsops.errors.images import ImageManifestInvalid, ImageNameInvalid
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.image_copy import copy_and_digest, make_read_only, remove_read_only

_WORD = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<repository>{_WORD}(?::[0-9]+(?=/))?(?:/{_WORD})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?",
    re.ASCII,
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`image.json` at the top of an image's folder."""

    command: tuple[str, ...]
    """The words that start it; `python` as the first means the sandbox's own interpreter."""
    port_env: str = "PORT"
    """The variable that carries the port to listen on, besides PORT itself."""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    """Variables that the image sets; a revision's own come after them."""


class Repository(msgspec.Struct, kw_only=True):
    """What was pushed under one name: a tag moves, a digest stays."""

    tags: dict[str, str] = msgspec.field(default_factory=dict)
    digests: list[str] = msgspec.field(default_factory=list)


class Images:
    """The images of one sandbox, which may be added to by another process meanwhile."""

    def __init__(self, home: Home) -> None:
        self._stored = home.images / "sha256"
        self._index = home.images / "repositories.json"
        self._lock = home.images / "lock"

    def add(self, folder: Path, name: str) -> str:
        """Copy `folder` under its digest, and give it the name `REPOSITORY[:TAG]` (else `latest`).

        The digest, `sha256:HEX`. The same files again are the same image. Raises ImageNameInvalid,
        ImageManifestInvalid and ImageFileRefused; nothing is added then.
        """
        repository, tag = _split_name(name)
        _read_manifest(folder)
        with self._locked():
            digest = self._store(folder)
            index = self._read_index()
            entry = index.setdefault(repository, Repository())
            entry.tags[tag] = digest
            entry.digests = sorted({*entry.digests, digest})
            self._write_index(index)
        return digest

    def resolve(self, reference: str) -> str | None:
        """The digest that `NAME`, `NAME:TAG` or `NAME@DIGEST` means now; None for nothing."""
        name, _, digest = reference.partition("@")
        matched = _NAME.fullmatch(name)
        if not matched:
            return None
        entry = self._read_index().get(matched["repository"], Repository())
        found = digest if digest in entry.digests else None
        if not digest:
            found = entry.tags.get(matched["tag"] or "latest")
        return found if found and self.folder(found).is_dir() else None

    def folder(self, digest: str) -> Path:
        """Where the files of a digest are, or would be; ValueError when it is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a sha256 digest")
        return self._stored / digest.removeprefix("sha256:")

    def manifest(self, digest: str) -> Manifest:
        """What the image says of itself; ImageManifestInvalid when it is gone."""
        return _read_manifest(self.folder(digest))

    def references(self) -> dict[str, str]:
        """Each `REPOSITORY:TAG` and the digest it stands for."""
        return {
            f"{repository}:{tag}": digest
            for repository, entry in sorted(self._read_index().items())
            for tag, digest in sorted(entry.tags.items())
        }

    def remove(self, digest: str) -> None:
        """Delete an image and all its names, as a registry's clean-up would; absent is fine."""
        with self._locked():
            index = self._read_index()
            for entry in index.values():
                entry.digests = [other for other in entry.digests if other != digest]
                entry.tags = {tag: other for tag, other in entry.tags.items() if other != digest}
            self._write_index({name: entry for name, entry in index.items() if entry.digests})
            if self.folder(digest).is_dir():
                remove_read_only(self.folder(digest))

    def _store(self, folder: Path) -> str:
        incoming = self._stored / ".incoming"  # One at a time: the lock is held.
        if incoming.exists():
            remove_read_only(incoming)
        try:
            digest = copy_and_digest(folder, incoming)
            if not self.folder(digest).exists():
                make_read_only(incoming)
                incoming.rename(self.folder(digest))
            return digest
        finally:
            if incoming.exists():
                remove_read_only(incoming)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._stored.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read_index(self) -> dict[str, Repository]:
        try:
            return msgspec.json.decode(self._index.read_bytes(), type=dict[str, Repository])
        except FileNotFoundError:
            return {}

    def _write_index(self, index: dict[str, Repository]) -> None:
        written = self._index.with_suffix(f".{os.getpid()}")
        written.write_bytes(msgspec.json.encode(index))
        written.replace(self._index)


def _split_name(name: str) -> tuple[str, str]:
    matched = _NAME.fullmatch(name)
    if not matched:
        raise ImageNameInvalid(name=name)
    return matched["repository"], matched["tag"] or "latest"


def _read_manifest(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / "image.json").read_bytes(), type=Manifest)
    except OSError as error:
        raise ImageManifestInvalid(folder=folder, reason="there is no such file") from error
    except msgspec.DecodeError as error:
        raise ImageManifestInvalid(folder=folder, reason=str(error).rstrip(".")) from error
    if not manifest.command:
        raise ImageManifestInvalid(folder=folder, reason="the command is empty")
    return manifest
