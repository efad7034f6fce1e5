"""The environment that `nox -s wheel` makes: the wheel, far from the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

VENV = Path(os.environ.get("HRMSOPS_TEST_WHEEL", "/nowhere"))
ONLY_THERE = pytest.mark.skipif(not VENV.exists(), reason="nox -s wheel installs one")
DEADLINE_SECONDS = 300


def run(program: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """How a program of that environment ends, with nothing of ours around it."""
    return subprocess.run(
        [str(VENV / "bin" / program), *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
