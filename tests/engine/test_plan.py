"""A plan has a name that says what it does, and nothing of when or as which run."""

from __future__ import annotations

import msgspec
import pytest

from hrmsops.engine.plan import record, revive, with_hash
from hrmsops.errors.run import StepUnknown
from tests.engine.world import CATALOG, Put, plan_of


def test_two_plans_of_the_same_deed_have_the_same_hash() -> None:
    assert plan_of(Put(file="a")).hash == plan_of(Put(file="a")).hash


def test_a_run_id_within_a_step_does_not_count() -> None:
    first = plan_of(Put(file="p-261123-104512-7f3a"), run="261123-104512-7f3a")
    second = plan_of(Put(file="p-261123-104513-11c0"), run="261123-104513-11c0")
    assert first.hash == second.hash


@pytest.mark.parametrize("other", [plan_of(Put(file="b")), plan_of(Put(file="a"), reason="Other")])
def test_another_deed_or_reason_has_another_hash(other: object) -> None:
    assert plan_of(Put(file="a")).hash != getattr(other, "hash")  # noqa: B009


def test_a_plan_survives_being_written_down() -> None:
    plan = plan_of(Put(file='with "quotes" and ünïcode'))
    written = msgspec.json.decode(msgspec.json.encode(with_hash(plan)))
    assert revive(written, CATALOG) == plan


def test_a_step_of_another_version_is_named() -> None:
    body = record(plan_of(Put(file="a")))
    body["steps"][0]["step"] = "clone-instance"
    with pytest.raises(StepUnknown) as caught:
        revive(body, CATALOG)
    assert (
        caught.value.what
        == 'The plan has a step "clone-instance", which this version does not know.'
    )
