"""The wheel without the sandbox, as the container's image has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import ROOT
from tests.packaging import installed

pytestmark = [
    installed.ONLY_THERE,
    pytest.mark.skipif(
        any(installed.VENV.glob("lib/*/site-packages/waitress")), reason="It has the sandbox"
    ),
]
HRMS = ROOT / "hrmsops" / "sandbox" / "hrms" / "base"


@pytest.mark.parametrize(
    "words",
    [("explain", "lease-held"), ("check", str(HRMS)), ("seed", "--list"), ("runs",)],
    ids=lambda words: words[0],
)
def test_what_needs_no_sandbox_works_without_it(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = installed.run("hrmsops", *words, cwd=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("words", ["drill bad-release", "sandbox up", "sandbox up --detach"])
def test_the_sandbox_says_what_it_lacks_before_it_begins(words: str, tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    ended = installed.run("hrmsops", *words.split(), "--dir", str(folder), "--json", cwd=tmp_path)

    assert ended.returncode == 2, ended.stdout + ended.stderr
    told = ended.stdout if words.startswith("drill") else ended.stderr + ended.stdout
    assert "sandbox-not-installed" in told
    assert not (folder / "sandbox.json").exists()
