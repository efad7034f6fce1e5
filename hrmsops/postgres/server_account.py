"""As whom a PostgreSQL server runs, which refuses to be root, and where that user can go."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrmsops.errors.postgres import ServerFolderUnsafe

SHARED = Path("/var/tmp")  # noqa: S108 - Checked below; it outlives a reboot, unlike /tmp.
MEMORY = Path("/dev/shm")  # noqa: S108 - Checked below, too.
PREFIX = "hrmsops-"
MADE_FOR = "made-for"


@dataclass(frozen=True)
class ServerAccount:
    """The user of the operating system that runs the server; of None ids, the one that we are."""

    uid: int | None
    gid: int | None

    @classmethod
    def of_this_process(cls) -> ServerAccount:
        """Ourselves, unless we are root: then `postgres` if there is one, else `nobody`."""
        if os.geteuid() != 0:
            return cls(None, None)
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = known.get("postgres") or known["nobody"]
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a process as this user, with its rights alone."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach into `folder`, through all that lies above it."""
        test = ["test", "-x", str(folder)]
        return subprocess.run(test, check=False, cwd="/", **self.popen).returncode == 0

    def give(self, path: Path) -> None:
        """Make this user the owner of `path`."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def folder_for(self, wanted: Path) -> Path:
        """`wanted`, else a folder of our own that stands for it; it exists then.

        The stand-in's name is made of `wanted` and always the same. Raises ServerFolderUnsafe.
        """
        wanted.mkdir(parents=True, exist_ok=True)
        if self.can_enter(wanted):
            return wanted
        folder = stand_in(wanted)
        folder.mkdir(mode=0o711, exist_ok=True)
        _refuse_if_foreign(folder)
        folder.chmod(0o711)
        (folder / MADE_FOR).write_text(str(wanted))
        return folder


def stand_in(wanted: Path) -> Path:
    """The folder that stands for one that a server cannot reach: what is in memory stays there."""
    name = hashlib.sha256(os.fsencode(wanted.absolute())).hexdigest()[:16]
    shared = MEMORY if wanted.absolute().is_relative_to(MEMORY) else SHARED
    return shared / f"{PREFIX}{name}"


def orphaned_stand_ins() -> list[Path]:
    """Stand-ins of ours for folders that are gone: nobody else will ever clean them up."""
    found = []
    for folder in (*SHARED.glob(f"{PREFIX}*"), *MEMORY.glob(f"{PREFIX}*")):
        try:
            _refuse_if_foreign(folder)
            made_for = Path((folder / MADE_FOR).read_text())
        except (OSError, ServerFolderUnsafe):
            continue
        if not made_for.exists() and stand_in(made_for) == folder:
            found.append(folder)
    return found


def remove_stand_in(wanted: Path) -> None:
    """Remove the stand-in of `wanted` if it holds nothing any more; absent is fine."""
    folder = stand_in(wanted)
    if folder.is_dir() and [path.name for path in folder.iterdir()] == [MADE_FOR]:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_if_foreign(folder: Path) -> None:
    seen = folder.lstat()
    if folder.is_symlink() or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        raise ServerFolderUnsafe(folder=folder)
