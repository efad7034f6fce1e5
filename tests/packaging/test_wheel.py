"""What is installed from the wheel, far from the checkout: `nox -s wheel` makes the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import ROOT
from tests.packaging import installed

pytestmark = installed.ONLY_THERE
SHARED = (
    "share/man/man1/hrmsops.1",
    "share/bash-completion/completions/hrmsops",
    "share/zsh/site-functions/_hrmsops",
    "share/fish/vendor_completions.d/hrmsops.fish",
    "share/hrmsops/schemas/plan.json",
)


def test_every_file_of_the_package_is_in_it(tmp_path: Path) -> None:
    told = installed.run("python", "-c", "import hrmsops; print(hrmsops.__path__[0])", cwd=tmp_path)

    package = Path(told.stdout.strip())
    assert installed.VENV in package.parents
    assert files(ROOT / "hrmsops") - files(package) == set()


def files(package: Path) -> set[str]:
    """By their paths within it; what Python compiled is no file of ours."""
    found = (path for path in package.rglob("*") if path.is_file())
    return {str(path.relative_to(package)) for path in found if "__pycache__" not in path.parts}


@pytest.mark.parametrize("name", SHARED)
def test_what_belongs_to_the_shell_lies_where_it_looks(name: str) -> None:
    assert (installed.VENV / name).read_text(encoding="utf-8")


@pytest.mark.timeout(installed.DEADLINE_SECONDS + 60)
def test_a_production_breaks_and_comes_back(tmp_path: Path) -> None:
    ended = installed.run("hrmsops", "drill", "bad-release", "--json", cwd=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)

    assert told["recovered"] is True
    assert told["lost_writes"] == []
