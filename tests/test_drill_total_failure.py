"""The instance is lost with its logs; a retained backup and the application's log bring it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_drill import drill, why

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drills")]

EVENTS = [
    "deployed", "traffic", "backed-up", "failed", "detected", "advised", "decided", "held",
    "shifted", "replayed", "let-go", "verified",
]  # fmt: skip


def test_what_was_written_since_the_backup_comes_from_the_log(tmp_path: Path) -> None:
    ended = drill("--json", cwd=tmp_path, scenario="total-failure")
    assert ended.code == 0, why(ended)
    told = ended.document
    assert (told["scenario"], told["recovered"], told["lost_writes"]) == ("total-failure", True, [])
    assert [each["event"] for each in told["timeline"]] == EVENTS
    assert told["replayed"] >= 120, "at least what was awaited after the backup"
    assert told["payments_doubled"] == 0
    assert list(tmp_path.iterdir()) == [], "the drill left something behind"
