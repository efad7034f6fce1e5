"""What is made of what was seen, where that can't be brought about here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hrmsops.doctor.checks import clock, programs, version
from hrmsops.doctor.seen import DatabaseSeen


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (0, "good", "agrees"),
        (40, "warning", "40 s behind the cloud's"),
        (-40, "warning", "40 s ahead of the cloud's"),
        (300, "warning", "5 min behind"),
        (301, "bad", "5 min behind"),
        (-3600, "bad", "60 min ahead of"),
    ],
)
def test_a_clock_that_is_wrong_is_a_warning_until_no_login_is_taken(
    seconds: int, state: str, words: str
) -> None:
    found = clock.judge(timedelta(seconds=seconds))
    assert (found.state, words in found.says) == (state, True)
    assert ("timedatectl" in found.mend) == (state != "good")


@pytest.mark.parametrize(
    ("release", "state"),
    [("13.14", "bad"), ("14.1", "good"), ("18.0", "good"), ("19.0", "warning")],
)
def test_a_server_that_is_too_old_is_red_and_one_that_is_too_new_a_warning(
    release: str, state: str
) -> None:
    found = version.judge(DatabaseSeen(way="", is_tried=True, version=release))
    assert (found.state, release in found.says) == (state, True)


def test_of_a_server_that_was_not_looked_at_nothing_is_said() -> None:
    assert version.judge(DatabaseSeen(way="", is_tried=False)).state == "unknown"


def test_a_machine_without_a_server_of_its_own_is_told_what_cannot_be_done_there() -> None:
    server, cloud = programs.judge(programs.Seen(postgres="", gcloud=""))
    assert (server.state, "check --trace" in server.says) == ("warning", True)
    assert (cloud.state, "not here" in cloud.says) == ("good", True)
