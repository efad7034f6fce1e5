"""The HRMS's code as a working copy, for what runs beside the cloud: checks and migrations."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from hrmsops.errors.images import FolderNotEmpty, ReleaseUnknown
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.releases import RELEASES, build

_SECTION = """
[django]
root = "{root}"
python = "{python}"
settings = "hrms.settings"
"""
_OLD = re.compile(r"\n\[django\]\n(?:[^\[\n][^\n]*\n)*")


def check_out(home: Home, release: str, folder: Path, *, called: str = "") -> None:
    """Write the code of `release` into the new `folder`, and name it in the sandbox's config.

    It says of itself that it is `called` so, else by its own name. Raises ReleaseUnknown,
    FolderNotEmpty; nothing is written then.
    """
    if release not in RELEASES:
        raise ReleaseUnknown(release=release, known=tuple(RELEASES))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmpty(folder=folder)
    build(release, folder, called=called)
    if home.config.exists():
        config = _OLD.sub("", home.config.read_text(encoding="utf-8"))
        section = _SECTION.format(root=folder.absolute(), python=sys.executable)
        home.config.write_text(config + section, encoding="utf-8")
