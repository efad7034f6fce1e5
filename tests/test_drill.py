"""What a drill tells, and what it leaves behind: nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hrmsops.console.drill_outcome import show_all, show_outcome, show_revealed, strip, thinned
from hrmsops.sandbox.bank import Bank
from hrmsops.sandbox.scenarios.result import Result, Rewound
from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.traffic import Connection, Count
from hrmsops.sandbox.writes import Acknowledged
from tests import documents
from tests.command_line import (
    Ended,
    begin_python,
    end_of,
    ended,
    environment,
    hrmsops,
    in_terminal,
)
from tests.sandbox.waiting import eventually


def test_an_event_keeps_its_first_moment() -> None:
    timeline = Timeline(origin="released")
    assert timeline.mark("released")
    assert timeline.mark("decided")
    first = timeline.monotonic("decided")
    assert not timeline.mark("decided")
    assert timeline.monotonic("decided") == first
    assert timeline.seconds("verified", after="released") is None
    assert [each["event"] for each in timeline.document()] == ["released", "decided"]


def test_the_strip_shows_one_bar_a_second() -> None:
    assert strip([0.0, 0.2, 0.5, 1.0]) == "▁▄██"


EVENTS = [
    "deployed", "traffic", "released", "detected", "advised", "decided", "shifted", "verified",
]  # fmt: skip
DRILL_SECONDS_MAX = 220


def drill(
    *words: str, cwd: Path, scenario: str = "bad-release", seconds: float = DRILL_SECONDS_MAX
) -> Ended:
    """Play a drill in a pipe; temporary folders are made in `cwd`."""
    typed = ("-m", "hrmsops", "drill", scenario, *words)
    return ended(begin_python(*typed, cwd=cwd, variables=_within(cwd)), seconds=seconds)


def _within(folder: Path) -> dict[str, str]:
    return environment(TMPDIR=str(folder))


def why(ended: Ended) -> str:
    """How a drill failed, without the hundreds of rows that it then lists."""
    told = ended.document if ended.out else {}
    told = told | {"lost_writes": len(told.get("lost_writes", ())), "timeline": []}
    return f"{told} {ended.err}"


def attended_drill(*words: str, cwd: Path) -> Any:
    command = ("-m", "hrmsops", "drill", "bad-release", "--interactive", *words)
    return in_terminal(*command, cwd=cwd, TMPDIR=str(cwd))


def command_lines() -> list[str]:
    """Of every process on this machine."""
    return [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(attrs=["cmdline"])]


@pytest.mark.slow
class TestBadRelease:
    """The whole drill, as it is typed."""

    def test_production_comes_back_and_no_acknowledged_write_is_lost(self, tmp_path: Path) -> None:
        ended = drill("--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        told = ended.document
        assert (told["schema"], told["scenario"], told["recovered"]) == (1, "bad-release", True)
        assert told["lost_writes"] == []
        assert told["acknowledged_writes"] == told["requests"] - told["failed_requests"]
        assert told["failed_requests"] > 0
        assert told["run"]
        assert (told["prescribed"], told["advised"], told["taken"]) == ("app", "app", "app")
        assert [each["event"] for each in told["timeline"]] == EVENTS
        assert set(told["seconds"]) == {"detect", "decide", "contain", "recover", "total"}
        one = {name: value for name, value in told.items() if name not in ("schema", "kind")}
        documents.check({"schema": 1, "kind": "drills", "drills": [one]}, command="drill all")
        assert list(tmp_path.iterdir()) == [], "the drill left something behind"

    def test_ctrl_c_tells_what_it_was_and_takes_the_stage_down(self, tmp_path: Path) -> None:
        folder = tmp_path / "drill"
        words = ("-m", "hrmsops", "drill", "--surprise", "--pick", "1", "--dir", str(folder))
        terminal = in_terminal(*words, cwd=tmp_path, TMPDIR=str(tmp_path))
        terminal.expect("Enter types this line", timeout=DRILL_SECONDS_MAX)
        terminal.sendcontrol("c")
        terminal.expect("It was bad-release", timeout=DRILL_SECONDS_MAX)
        terminal.expect("no rollback was carried out")
        terminal.expect("Production did not come back. You gave up.")
        assert end_of(terminal) == 7
        assert not folder.exists()
        eventually(lambda: not any(str(folder) in words for words in command_lines()))

    def test_sigterm_takes_the_stage_down_however_often_it_comes(self, tmp_path: Path) -> None:
        """`timeout` sends two at once: the second one must not tear what the first began."""
        folder = tmp_path / "drill"
        process = subprocess.Popen(
            [sys.executable, "-m", "hrmsops", "drill", "bad-release", "--dir", str(folder)],
            cwd=tmp_path,
            env=environment(TMPDIR=str(tmp_path)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        written = folder / "acknowledged.jsonl"
        eventually(lambda: written.exists() and written.stat().st_size, DRILL_SECONDS_MAX)

        for _ in range(5):
            process.terminate()
            time.sleep(0.002)
        _, err = process.communicate(timeout=DRILL_SECONDS_MAX)

        assert process.returncode == 143, err
        assert not folder.exists()
        eventually(lambda: not any(str(folder) in words for words in command_lines()))

    def test_a_terminal_that_is_closed_takes_the_stage_down(self, tmp_path: Path) -> None:
        folder = tmp_path / "drill"
        terminal = attended_drill("--dir", str(folder), cwd=tmp_path)
        terminal.expect("It is your turn", timeout=DRILL_SECONDS_MAX)
        os.close(terminal.child_fd)
        terminal.wait()
        assert not folder.exists()
        eventually(lambda: not any(str(folder) in words for words in command_lines()))


def test_a_drill_takes_no_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ended = hrmsops("drill", "bad-release", "--json", "--dir", str(tmp_path), cwd=tmp_path)
    assert ended.code == 2
    assert ended.document["error"]["code"] == "drill-folder-in-use"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_interactive_drill_needs_a_terminal(tmp_path: Path) -> None:
    ended = hrmsops("drill", "bad-release", "--interactive", cwd=tmp_path)
    assert ended.code == 2
    assert "needs a terminal" in ended.err


@pytest.mark.parametrize(
    ("is_verified", "lost", "sentence"),
    [
        (False, [], "Production did not come back. It ended with exit code 10."),
        (
            True,
            [Acknowledged("request-1", "leave_leaverequest", 7)],
            "2 writes were acknowledged; 1 row of them LOST.",
        ),
    ],
)
def test_a_drill_that_failed_says_so(
    capsys: pytest.CaptureFixture[str],
    is_verified: bool,
    lost: list[Acknowledged],
    sentence: str,
) -> None:
    timeline = Timeline(origin="released")
    for event in EVENTS[: None if is_verified else -1]:
        timeline.mark(event)
    result = Result(
        scenario="bad-release",
        origin="released",
        recovered=is_verified,
        prescribed="app",
        advised="app",
        taken="app",
        acknowledged_writes=2,
        lost_writes=lost,
        requests=3,
        failed_requests=1,
        by_second=[Count(requests=3, failed=1)],
        run=None,
        problem="It ended with exit code 10.",
        timeline=timeline,
    )
    show_outcome(result.document(), error_rates=[1 / 3], problem=result.problem)
    assert sentence in capsys.readouterr().out
    assert not result.is_success


def test_all_drills_are_a_table_in_which_one_that_never_came_back_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: dict[str, Any] = {
        "scenario": "bad-release",
        "recovered": True,
        "advised": "app",
        "failed_requests": 12,
        "requests": 900,
        "acknowledged_writes": 880,
        "lost_writes": [],
        "reverted_writes": 0,
        "seconds": {"detect": 1.26, "decide": 1.0, "contain": 2.0, "recover": 4.0, "total": 5.3},
    }
    never = {"detect": 2.0, "decide": 1.0, "contain": None, "recover": None, "total": None}
    bad = {**told, "scenario": "lost-data", "recovered": False, "seconds": never, "replayed": 7}
    names = ("bad-migration", "total-failure")
    show_all([told, bad, *({**told, "scenario": name, "requests": 12345} for name in names)])
    lines = capsys.readouterr().out.splitlines()
    found = {line[:19].strip(): line[19:].split() for line in lines}
    assert found[""] == ["bad-release", "lost-data", *names]
    assert found["time to detect"][:4] == ["1.3", "s", "2.0", "s"]
    assert found["to recover"][:3] == ["4.0", "s", "NEVER"]
    assert found["to contain"][:3] == ["2.0", "s", "-"]
    assert found["requests failed"][:6] == ["12", "of", "900", "12", "of", "900"]
    assert found["replayed"] == ["-", "7", "-", "-"]
    assert max(map(len, lines)) <= 80


def test_a_long_outage_has_bars_of_several_seconds() -> None:
    assert thinned([1.0] * 55, most=55) == (1, [1.0] * 55)
    seconds, means = thinned([0.0] * 100 + [1.0] * 100, most=55)
    assert (seconds, len(means)) == (4, 50)
    assert means == [0.0] * 25 + [1.0] * 25
    assert thinned([], most=55) == (1, [])


def test_what_a_surprise_was_is_held_against_what_was_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {"scenario": "lost-data", "prescribed": "pitr", "taken": "app"}
    show_revealed(told)
    show_revealed({**told, "taken": "pitr"})
    show_revealed({**told, "taken": None})
    out = capsys.readouterr().out
    assert out.count("It was lost-data") == 3
    assert "You:       roll back the application only (app)." in out
    assert "You:       the same." in out
    assert "You:       no rollback was carried out." in out


def test_a_payslip_that_was_paid_twice_fails_a_drill_and_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Bank() as bank:
        for key in ("2024-07/one", "2024-07/two", "2024-07/one"):
            Connection(bank.url).send("POST", "/payments", {"key": key})
        assert bank.paid() == 3
        doubled = bank.doubled()
    assert doubled == ["2024-07/one"]
    timeline = Timeline(origin="failed")
    for event in ("failed", "detected", "verified"):
        timeline.mark(event)
    result = Result(
        scenario="total-failure",
        origin="failed",
        recovered=True,
        prescribed="backup",
        advised="backup",
        taken="backup",
        acknowledged_writes=2,
        lost_writes=[],
        requests=2,
        failed_requests=0,
        by_second=[],
        run=None,
        problem="",
        timeline=timeline,
        rewound=Rewound(replayed=7, conflicts=1, payments_doubled=doubled),
    )
    assert not result.is_success
    show_outcome(result.document(), error_rates=[], problem="")
    told = capsys.readouterr().out
    assert "Brought back: 7 rows; listed for a person: 1 conflict." in told
    assert "PAID TWICE: 1 payslip." in told
