"""The manual page and the completions that the wheel brings along."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from docs.build import FOLDER, SHIPPED_FOLDER
from docs.reference_commands import commands
from tests.command_line import ROOT, environment

MAN = SHIPPED_FOLDER / "hrmsops.1"
LOADS = {
    "bash": ("hrmsops.bash", "source {file} && complete -p hrmsops"),
    "zsh": ("_hrmsops", "autoload -U compinit && compinit -u && source {file}"),
    "fish": ("hrmsops.fish", "source {file} && complete hrmsops"),
}


def only_where(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@only_where("groff")
def test_the_manual_page_is_good_groff_and_has_every_command() -> None:
    ended = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-cbou", "-ww", "-rLL=120n", str(MAN)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )

    assert ended.stderr == ""
    text = " ".join(ended.stdout.replace("\N{HYPHEN}", "-").replace("\N{MINUS SIGN}", "-").split())
    assert [each for each in commands() if each not in text] == []
    assert "EXIT STATUS" in text


@pytest.mark.parametrize("shell", [pytest.param(each, marks=only_where(each)) for each in LOADS])
def test_a_shell_takes_its_completion(shell: str, tmp_path: Path) -> None:
    name, script = LOADS[shell]
    line = script.format(file=SHIPPED_FOLDER / name)

    ended = subprocess.run(
        [shell, "-c", line],
        env=environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")


@only_where("bash")
def test_bash_completes_with_what_is_shipped(tmp_path: Path) -> None:
    program = tmp_path / "hrmsops"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hrmsops "$@"\n')
    program.chmod(0o755)
    script = (
        f"source {SHIPPED_FOLDER / 'hrmsops.bash'}; COMP_WORDS=(hrmsops explain lease-h); "
        f'COMP_CWORD=2; _hrmsops_completion {program}; printf "%s" "${{COMPREPLY[*]}}"'
    )

    ended = subprocess.run(
        ["bash", "-c", script], env=environment(), capture_output=True, text=True, check=True
    )

    assert ended.stdout == "lease-held"


def test_the_wheel_takes_all_of_them_to_where_they_are_looked_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]

    assert {ROOT / file for file in shared} == {*SHIPPED_FOLDER.iterdir(), FOLDER / "schemas"}
    assert all(place.startswith("share/") for place in shared.values())
