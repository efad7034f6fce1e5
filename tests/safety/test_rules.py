"""Every rule: its record is whole, and its two examples do on a real server what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.safety.analyzer import analyze
from hrmsops.safety.report import Finding
from hrmsops.safety.rules import all_rules
from tests.safety.conftest import Measure
from tests.safety.scenarios import Scenario, one

RULES = all_rules()
WITH_EXAMPLES = {name: rule for name, rule in RULES.items() if rule.bad}
HARMLESS_BY_ITSELF = {
    "enum-value-changes": "old code fails only where it sends the value",
    "live-model-imported": "it fails in a later release",
    "no-sql": "it is good news",
    "no-way-back": "the harm is in the way back",
    "needs-a-trace": "nothing is known of it",
    "table-locked": "the lock is gone once the transaction ends",
    "transaction-broken": "the harm is in a failure afterwards",
}
GUIDE = {
    "AddField NOT NULL without default on large table",
    "RemoveField",
    "RenameField",
    "DeleteModel",
    "RenameModel",
    "AddIndex on large table",
    "AlterField on large table",
    "RunSQL with non-concurrent CREATE INDEX",
    "RunSQL with DROP TABLE/TRUNCATE",
}


def scenario(rule: str, which: str) -> Scenario:
    return one(f"{which}-{rule}", "safe", getattr(RULES[rule], which))


def findings(of: Scenario, folder: Path) -> list[Finding]:
    of.write(folder)
    found = analyze(folder, expected_rows={}, large_table_rows=100_000).findings
    return [each for each in found if each.migration != "0001_initial"]


@pytest.mark.parametrize("rule", WITH_EXAMPLES)
def test_the_bad_example_is_found_and_the_good_one_is_not(rule: str, tmp_path: Path) -> None:
    bad = findings(scenario(rule, "bad"), tmp_path / "bad")

    assert rule in {each.rule for each in bad}
    if RULES[rule].good:
        good = findings(scenario(rule, "good"), tmp_path / "good")
        assert [each for each in good if each.severity != "info"] == []


@pytest.mark.xdist_group("measured")
def test_a_real_server_is_harmed_by_the_bad_examples_alone(measure: Measure) -> None:
    measured = [name for name in WITH_EXAMPLES if name not in HARMLESS_BY_ITSELF]
    good = [name for name in WITH_EXAMPLES if RULES[name].good]

    harms = measure(
        [
            *(scenario(each, "bad") for each in measured),
            *(scenario(each, "good") for each in good),
        ]
    )

    assert [each for each in measured if not harms[f"bad-{each}"]] == []
    assert {each: harms[f"good-{each}"] for each in good if harms[f"good-{each}"]} == {}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_when_what_and_what_instead(rule: str) -> None:
    record = RULES[rule]

    for sentence in (record.when, record.effect, record.instead):
        assert sentence.endswith((".", "?")), sentence
        assert sentence == " ".join(sentence.split())
    assert rule == rule.lower()


def test_every_row_of_the_guides_table_is_served() -> None:
    served = {row for rule in RULES.values() for row in rule.guide.split("; ") if row}

    assert served == GUIDE
