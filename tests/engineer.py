"""A tired engineer at a small terminal: reads what a drill asks, and takes what is proposed."""

from __future__ import annotations

import io
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pexpect

from tests.command_line import environment

ROWS, COLUMNS = 24, 80
ANSWER_SECONDS_MAX = 120
"""Longer than any step of a recovery on a machine with much else to do."""
ANSWERS_MAX = 60
INSTANCE = r"Type (nhia-hrms-production-pg-0001\S*) to go on"
KEYS = {
    "Enter types this line": "\r",
    r"\(arrow keys, Enter\)": "\r",
    "What is the reason": "A rehearsal\r",
    r"\(y/N\)": "y",
}
"""What is asked, and what is pressed: the proposal is taken wherever there is one."""
TYPED_IN = (INSTANCE, "What is the reason")


def plays(*words: str, cwd: Path) -> tuple[Any, list[str]]:
    """Recover in `hrmsops drill WORDS` by its wizard: its document, and the questions in order.

    The document is written beside the terminal, for that shows what the engineer sees.
    """
    told = cwd / "told.json"
    line = shlex.join([sys.executable, "-m", "hrmsops", "drill", *words, "--json"])
    terminal = pexpect.spawn(
        "/bin/sh",
        ["-c", f"exec {line} > {shlex.quote(str(told))}"],
        cwd=str(cwd),
        env=environment(TERM="xterm-256color", TMPDIR=str(cwd), COLUMNS=str(COLUMNS)),
        dimensions=(ROWS, COLUMNS),
        encoding="utf-8",
        timeout=ANSWER_SECONDS_MAX,
    )
    terminal.logfile_read = io.StringIO()
    try:
        asked = _answered(terminal)
    finally:
        terminal.close(force=True)
        seen = terminal.logfile_read.getvalue()
    assert terminal.exitstatus == 0, f"{terminal.exitstatus}: {told.read_text()}\n{seen[-6000:]}"
    return json.loads(told.read_text(encoding="utf-8")), asked


def _answered(terminal: Any) -> list[str]:
    """Answer until the drill ends; every question, as far as it was met."""
    asked: list[str] = []
    while len(asked) < ANSWERS_MAX:
        met = terminal.expect([pexpect.EOF, INSTANCE, *KEYS])
        if met == 0:
            return asked
        question = [INSTANCE, *KEYS][met - 1]
        # A line that is typed in is drawn again with every letter, question and all.
        if question in TYPED_IN and asked[-1:] == [question]:
            continue
        asked.append(question)
        terminal.send(f"{terminal.match.group(1)}\r" if met == 1 else KEYS[question])
    raise AssertionError(f"It asks and asks: {terminal.logfile_read.getvalue()[-6000:]}")
