"""Who may know whom, and what nobody may load just to show help."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.command_line import ROOT, environment

HEAVY = ("google", "django", "psycopg", "requests", "questionary", "tomlkit", "msgspec")


def test_the_contracts_between_packages_hold(tmp_path: Path) -> None:
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"

    ended = subprocess.run(
        [program, "--no-logo", "--cache-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["init", "--help"]])
def test_help_loads_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hrmsops", *words],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    loaded = set(re.findall(r"\|\s+([\w.]+)$", ended.stderr, flags=re.MULTILINE))
    assert "typer" in loaded
    assert not {name for name in loaded if name.partition(".")[0] in HEAVY}
