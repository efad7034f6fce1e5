"""What `--json` writes has a schema, and the schema is worth something."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from jsonschema import Draft202012Validator

from docs.json_kinds import kinds
from docs.reference_commands import commands
from hrmsops import steps
from hrmsops.console.documents.runs import PlannedStep, RunStep
from tests import documents
from tests.command_line import ROOT, hrmsops

WRITES = re.compile(r'(?:write_json|json_document)\(\s*"([\w-]+)"|"kind": "([\w-]+)", \*\*')
ELSEWHERE = {"check", "sandbox"}
"""Written by their own hands: safety/reports/as_json.py, commands/sandbox.py."""
STEP = {"step": "shift-traffic"}


def test_every_kind_that_the_code_writes_has_a_schema_and_no_other() -> None:
    found = {
        first or second
        for file in (ROOT / "hrmsops").rglob("*.py")
        for first, second in WRITES.findall(file.read_text(encoding="utf-8"))
    }

    assert found | ELSEWHERE == set(kinds())


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
def test_a_schema_is_one_and_names_commands_that_there_are(kind: Any) -> None:
    schema = json.loads((documents.SCHEMAS / f"{kind.name}.json").read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(schema)
    groups = {"drill", "rollback", "runs"}  # They do something of their own as well.
    assert {f"hrmsops {each}" for each in {*kind.commands} - groups} <= {*commands()}


def _plan(**more: Any) -> dict[str, Any]:
    """A plan as it is written, but for what the test gives it."""
    fixed = {"schema": 1, "kind": "plan", "made_at": "2026-08-22T09:14:00Z", "undo": None}
    words = dict.fromkeys(("run", "command", "environment", "reason", "headline", "hash"), "x")
    return {**fixed, **words, "subject": {}, "because": [], "warnings": [], "steps": [STEP], **more}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"colour": "red"}, "'colour' was unexpected"),
        ({"subject": {"colour": "red"}}, "'colour' was unexpected"),
        ({"steps": [{}]}, "'step' is a required property"),
        ({"because": None}, "None is not of type 'array'"),
        ({"schema": 2}, "1 was expected"),
    ],
)
def test_a_document_that_is_not_as_its_schema_says_is_found(
    wrong: dict[str, Any], problem: str
) -> None:
    documents.check(_plan(), command="rollback app -e production")
    documents.check(_plan(steps=[{**STEP, "revision": "nhia-hrms-production-api-00002-abc"}]))

    with pytest.raises(AssertionError, match=re.escape(problem)):
        documents.check(_plan(**wrong))


def test_a_kind_is_written_by_the_commands_of_its_page_alone() -> None:
    with pytest.raises(AssertionError, match="written by: status"):
        documents.check(_plan(), command="status -e production")


@pytest.mark.parametrize("step", steps.catalog().kinds.values(), ids=lambda step: step.name)
def test_no_fact_of_a_step_has_the_name_of_what_is_told_of_every_step(step: Any) -> None:
    told = {**get_type_hints(PlannedStep), **get_type_hints(RunStep)}
    assert not {field.name for field in msgspec.structs.fields(step)} & set(told)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("explain", "codes"),
        ("explain lease-held", "page"),
        ("explain no-such-code", "error"),
        ("seed --list", "seed-list"),
        ("seed --list --only job_grades", "seed-list"),
        ("runs", "runs"),
        ("runs sync", "sync"),
        ("replay --purge", "purge"),
    ],
)
def test_what_needs_no_cloud_is_written_as_its_schema_says(
    tmp_path: Path, words: str, kind: str
) -> None:
    ended = hrmsops(*words.split(), "--json", cwd=tmp_path, HRMSOPS_STATE_DIR=str(tmp_path))

    assert (ended.document["schema"], ended.document["kind"]) == (1, kind), ended.err
