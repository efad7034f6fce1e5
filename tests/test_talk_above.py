"""What is told while a line moves stands above it, and is not drawn over."""

from __future__ import annotations

from pathlib import Path

import pyte

from tests.command_line import ROOT, end_of, in_terminal

PROGRAM = """
import threading, time
from datetime import UTC, datetime
from hrmsops.console import output, progress
from hrmsops.engine.entries import Finished, Line, Planned, Started
from hrmsops.engine.run import Run
from tests.engine.world import Put, plan_of

def line(number, entry):
    return Line(number=number, at=datetime.now(UTC), by="", host="", fence=1, entry=entry)

class Writer:
    def write(self, number, entry):
        yield line(number, entry)

run = Run(plan=plan_of(Put(file="a")), lines=[line(0, Planned(plan={}))], writer=Writer())
with progress.following(run, json=False):
    run.record(Started(step=1))
    time.sleep(0.5)
    for word in ("first", "second"):
        thread = threading.Thread(target=output.say, args=(f"The bucket is silent: {word}.",))
        thread.start()
        thread.join()
        time.sleep(0.5)
    run.record(Finished(step=1, result={}))
"""


def test_what_another_thread_tells_stays_above_the_line_that_moves(tmp_path: Path) -> None:
    terminal = in_terminal("-c", PROGRAM, cwd=ROOT, HRMSOPS_STATE_DIR=str(tmp_path))
    assert end_of(terminal) == 0, terminal.before
    screen = pyte.Screen(80, 40)
    pyte.Stream(screen).feed(terminal.before)

    shown = [line.rstrip() for line in screen.display if line.strip()]

    assert shown[:2] == ["The bucket is silent: first.", "The bucket is silent: second."]
    assert len(shown) == 3, "Nothing of the moving line is left but its end."
    assert shown[2].startswith("✓ 1/1 ")
