"""hrmsops in a terminal of 80 columns: what can be copied is whole, and Ctrl-C is calm."""

from __future__ import annotations

import re
import sys
from typing import Any

import pexpect

from tests.command_line import end_of
from tests.rollback.production import Production

COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def typed(production: Production, *words: str, columns: int = 80) -> Any:
    return pexpect.spawn(
        sys.executable,
        ["-m", "hrmsops", *words],
        cwd=str(production.folder),
        env=production.environment(TERM="xterm-256color", COLUMNS=str(columns), NO_COLOR="1"),
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=90,
    )


def lines_of(text: str) -> list[str]:
    return COLOURS.sub("", text).replace("\r", "").splitlines()


def test_a_revision_is_picked_and_the_way_back_is_one_line(production: Production) -> None:
    old, new = production.revisions
    terminal = typed(production, "rollback", "app", "-e", "production", "-i")
    terminal.expect_exact(f"Proposed: {old}")
    terminal.expect_exact("Which revision takes the traffic?")
    terminal.send("\r")
    terminal.expect_exact("What is the reason?")
    terminal.send("Error spike\r")
    terminal.expect_exact("Apply this plan to production?")
    back = f"hrmsops rollback app -e production --revision {new} --reason 'undo "
    assert any(f"  Taken back by: {back}" in line for line in lines_of(terminal.before))
    terminal.send("y")

    assert end_of(terminal) == 0
    assert any(line.startswith(f"Take back: {back}") for line in lines_of(terminal.before))
    assert production.shares == {old: 100}


def test_a_name_of_sixty_characters_stays_whole_on_a_narrow_screen(production: Production) -> None:
    production.service = f"t-{'x' * 40}-{production.service}"[:49].rstrip("-")
    production.write_config()
    production.revisions.clear()
    name = production.deploy()
    terminal = typed(production, "status", "-e", "production")

    assert end_of(terminal) == 0
    lines = lines_of(terminal.before)
    assert f"100 %  {name}" in lines
    assert max(map(len, lines)) <= 80


def test_ctrl_c_is_how_one_leaves_the_watch(production: Production) -> None:
    terminal = typed(production, "status", "-e", "production", "--watch")
    terminal.expect_exact("seen at")
    terminal.sendintr()
    assert end_of(terminal) == 0
    assert "Error" not in terminal.before


def test_ctrl_c_in_a_step_shows_which_and_names_one_command(production: Production) -> None:
    production.client.arm(kind="hang", method="PATCH")
    terminal = typed(production, "rollback", "app", "-e", "production", "--reason", "x", "--yes")
    terminal.expect(r"1/5 +[1-9]\.\d s")
    terminal.sendintr()

    assert end_of(terminal) == 130
    lines = lines_of(terminal.before)
    assert any("■ 1/5" in line for line in lines)
    assert sum(line.count("hrmsops resume") for line in lines) == 1
