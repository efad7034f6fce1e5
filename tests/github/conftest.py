"""A production whose second image can be told from its first, as a runner of GitHub deploys it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.fixtures.sandboxes import IMAGES, REPOSITORY
from tests.rollback.conftest import production

__all__ = ["production"]

MakeImage = Callable[[str], str]


@pytest.fixture
def make_image(sandbox: Client, tmp_path: Path) -> MakeImage:
    """Adds an image that answers as `echo` does and has a digest of its own; `REPO@sha256:…`."""

    def make(name: str) -> str:
        folder = tmp_path / "images" / name
        shutil.copytree(IMAGES / "echo", folder)
        (folder / "RELEASE").write_text(f"{name} of {tmp_path}\n", encoding="utf-8")
        digest = sandbox.add_image(folder, f"{REPOSITORY}/{name}:1")
        return f"{REPOSITORY}/{name}@{digest}"

    return make
