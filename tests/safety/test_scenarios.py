"""Recall and false alarms on labelled deploys, and the labels held against a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.safety.analyzer import analyze
from hrmsops.safety.report import Report
from tests.safety.conftest import Measure
from tests.safety.scenarios import Scenario
from tests.safety.scenarios.fresh import FRESH
from tests.safety.scenarios.fresh_again import FRESH_AGAIN
from tests.safety.scenarios.held_out import HELD_OUT
from tests.safety.scenarios.held_out_again import HELD_OUT_AGAIN
from tests.safety.scenarios.known import KNOWN
from tests.safety.scenarios.more import MORE
from tests.safety.scenarios.unseen import UNSEEN

RECALL_MIN = 0.95
FALSE_ALARMS_MAX = 0.05
MEASURED_EVERY = 15
NOT_SEEN_BY_RUNNING = frozenset(
    {
        "a-drop-if-exists-unknown",  # There is no such table here.
        "s-any-array",  # Two rows are few, and are named.
        "s-drop-trigger",
        "s-row-security",
        "s-runpython-atomic-true",
        "s-save-each-not-atomic",
        "add-index-small",  # Harmless by its size alone.
        "alter-comment",
        "f-sql-unique-concurrently",  # No two rows are equal here.
        "h-remove-then-add-again",
        "python-live-model",  # It fails in a later release.
        "sql-drop-schema",
        "sql-enum-rename",
        "sql-lock",
        "u-foreign-key-to-user",  # It needs another app.
        "u-through-made-explicit",  # The row that is tried is there already.
        "u-unmanaged-required-gone",
        "sql-with-parameters",
    }
)


def judged(scenario: Scenario, folder: Path) -> Report:
    scenario.write(folder)
    return analyze(folder, expected_rows=dict(scenario.rows), large_table_rows=100_000)


def is_loud(report: Report) -> bool:
    return bool(report.count("danger") or report.count("warning"))


@pytest.mark.parametrize(
    ("name", "scenarios"),
    [
        ("known", KNOWN),
        ("held out", HELD_OUT),
        ("held out again", HELD_OUT_AGAIN),
        ("more", MORE),
        ("unseen", UNSEEN),
        ("fresh", FRESH),
        ("fresh again", FRESH_AGAIN),
    ],
    ids=["known", "held-out", "held-out-again", "more", "unseen", "fresh", "fresh-again"],
)
def test_dangers_are_reported_and_safe_deploys_are_not(
    tmp_path: Path, name: str, scenarios: tuple[Scenario, ...]
) -> None:
    loud = {each.id: is_loud(judged(each, tmp_path / each.id)) for each in scenarios}

    harmful = [each.id for each in scenarios if each.label != "safe"]
    safe = [each.id for each in scenarios if each.label == "safe"]
    missed = [each for each in harmful if not loud[each]]
    false_alarms = [each for each in safe if loud[each]]
    recall = 1 - len(missed) / len(harmful)
    rate = len(false_alarms) / len(safe)
    print(f"{name}: {len(scenarios)} deploys, recall {recall:.3f}, false alarms {rate:.3f}")
    assert recall >= RECALL_MIN, missed
    assert rate <= FALSE_ALARMS_MAX, false_alarms


def test_the_base_of_every_deploy_is_quiet(tmp_path: Path) -> None:
    report = judged(Scenario("base", "safe", ()), tmp_path)

    assert not is_loud(report), report.findings
    assert report.unknown == ()


@pytest.mark.xdist_group("measured")
def test_the_labels_are_what_a_real_server_shows(measure: Measure) -> None:
    sample = [
        each
        for each in (*KNOWN, *HELD_OUT, *UNSEEN, *FRESH)[::MEASURED_EVERY]
        if each.id not in NOT_SEEN_BY_RUNNING
    ]

    harms = measure(sample)

    differing = {
        each.id: (each.label, harms[each.id])
        for each in sample
        if (each.label == "safe") == bool(harms[each.id])
    }
    assert not differing


def test_no_deploy_leaves_a_gap_in_silence(tmp_path: Path) -> None:
    """What SQL at run time does is not known, so it is said."""
    dynamic = next(each for each in KNOWN if each.id == "sql-do-dynamic")

    report = judged(dynamic, tmp_path)

    assert [each.what for each in report.unknown] == [
        "a DO block with EXECUTE format('DROP TABLE %I', 'employees_badge')"
    ]
    assert report.unknown[0].line > 1
