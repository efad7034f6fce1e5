"""What is installed from the wheel, far from the checkout: `nox -s wheel` makes the environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command_line import ROOT

VENV = Path(os.environ.get("HRMSOPS_TEST_WHEEL", "/nowhere"))
pytestmark = pytest.mark.skipif(not VENV.exists(), reason="nox -s wheel installs one")
SHARED = (
    "share/man/man1/hrmsops.1",
    "share/bash-completion/completions/hrmsops",
    "share/zsh/site-functions/_hrmsops",
    "share/fish/vendor_completions.d/hrmsops.fish",
)
DEADLINE_SECONDS = 300


def installed(program: str, *words: str, cwd: Path) -> str:
    """What a program of that environment tells, with nothing of ours around it."""
    ended = subprocess.run(
        [str(VENV / "bin" / program), *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_file_of_the_package_is_in_it(tmp_path: Path) -> None:
    told = installed("python", "-c", "import hrmsops; print(hrmsops.__path__[0])", cwd=tmp_path)

    package = Path(told.strip())
    assert VENV in package.parents
    assert files(ROOT / "hrmsops") - files(package) == set()


def files(package: Path) -> set[str]:
    """By their paths within it; what Python compiled is no file of ours."""
    found = (path for path in package.rglob("*") if path.is_file())
    return {str(path.relative_to(package)) for path in found if "__pycache__" not in path.parts}


@pytest.mark.parametrize("name", SHARED)
def test_what_belongs_to_the_shell_lies_where_it_looks(name: str) -> None:
    assert (VENV / name).read_text(encoding="utf-8")


@pytest.mark.timeout(DEADLINE_SECONDS + 60)
def test_a_production_breaks_and_comes_back(tmp_path: Path) -> None:
    told = json.loads(installed("hrmsops", "drill", "bad-release", "--json", cwd=tmp_path))

    assert told["recovered"] is True
    assert told["lost_writes"] == []
