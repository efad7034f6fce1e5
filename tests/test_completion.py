"""What the shell offers while a command line is being typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.command_line import environment
from tests.test_config import PRODUCTION, STAGING


def offered(line: str, cwd: Path) -> list[str]:
    """What bash would be given for a line whose last word is being typed."""
    ended = subprocess.run(
        [sys.executable, "-c", "from hrmsops.cli import app; app(prog_name='hrmsops')"],
        cwd=cwd,
        env=environment(
            _HRMSOPS_COMPLETE="complete_bash",
            COMP_WORDS=line,
            COMP_CWORD=str(len(line.split(" ")) - 1),
        ),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_environments_come_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hrmsops.toml").write_text(STAGING + PRODUCTION, encoding="utf-8")

    assert offered("hrmsops status --env ", tmp_path) == ["staging", "production"]
    assert offered("hrmsops status --env pro", tmp_path) == ["production"]


def test_environments_come_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(STAGING, encoding="utf-8")

    assert offered("hrmsops status --config other.toml --env ", tmp_path) == ["staging"]


def test_a_broken_configuration_completes_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "hrmsops.toml").write_text("[broken", encoding="utf-8")

    assert offered("hrmsops status --env ", tmp_path) == []


def test_codes_complete_for_explain(tmp_path: Path) -> None:
    assert offered("hrmsops explain unknown-s", tmp_path) == ["unknown-setting"]
