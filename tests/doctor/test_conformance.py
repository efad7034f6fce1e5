"""The APIs' answers beside Google's documents and the sandbox's: as field names and kinds."""

from __future__ import annotations

import pytest

from hrmsops.doctor.conformance import Seen, conformance, judge
from hrmsops.doctor.examining import examine
from hrmsops.gcp.raw_reads import Answer
from hrmsops.sandbox.blueprint import PRODUCTION
from tests.doctor.patient import Patient

pytestmark = pytest.mark.xdist_group("doctor")


def answered(*fields: str, wrong: tuple[str, ...] = ()) -> Seen:
    known = frozenset({"name: string", "labels: object", "labels.*: string"})
    return Seen(answer=Answer(fields=frozenset(fields), wrong=wrong), known=known)


def test_a_mangled_answer_is_red_and_no_other_and_no_value_is_shown(
    patient: Patient,
) -> None:
    patient.client.arm(kind="mangle", method="GET", path=f"/instances/{PRODUCTION.instance}$")
    ended = patient.hrmsops("doctor", "-e", "production", "--conformance", "--json")

    found = {each["check"]: each for each in ended.document["findings"]}
    mangled = [each for each in found.values() if each["state"] != "good"]
    assert len(found) == len(conformance())
    assert [each["check"] for each in mangled] == ["instances.get"], mangled
    assert set(mangled[0]["more"]) == {
        "reply.name is number, not a string",
        "reply.invented is no field of Google's",
        "name is a number, in the sandbox a string",
    }
    assert ended.code == 2
    assert "oncall@" not in ended.out
    assert PRODUCTION.instance not in ended.out


def test_fields_that_only_google_gives_are_listed_and_no_fault() -> None:
    seen = answered("name: string", "satisfiesPzs: boolean")

    found = judge(seen)
    assert (found.state, found.more) == ("good", ("satisfiesPzs",))
    assert judge(answered("labels.*: string")).says == "as described, and as in the sandbox"


def test_another_kind_than_the_sandboxs_is_red() -> None:
    found = judge(answered("labels: list", wrong=("reply.labels is list, not an object",)))

    assert (found.state, len(found.more)) == ("bad", 2)


def test_an_account_that_may_not_read_is_told_so(patient: Patient) -> None:
    patient.client.arm(kind="deny", permission="cloudsql.users.list")
    around = patient.around()

    found = examine(around, [each for each in conformance() if each.title == "users.list"])
    assert (found.exit_code, found.count("bad")) == (9, 1)
