"""Every command that can be typed is one that the doctor can be asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

from hrmsops.cli import app
from hrmsops.doctor.actions import cloud_run
from hrmsops.doctor.checks.permissions import grant
from hrmsops.doctor.commands import APP, CHANGES, CODE, EVERY, NEED_NOTHING, RECOVERIES, meant
from hrmsops.doctor.permissions import ACTIONS
from hrmsops.sandbox.access import needed
from tests.doctor.witness import only_what_is_listed

UNWITNESSED = {
    "runs prune": "it reads and deletes records, as what holds a lease does",
    "runs sync": "it writes records, as every change does",
}
"""Commands that no story holds against the table, and why none has to."""
LOOKED_AT_BY_THE_DOCTOR = {
    "see whether images are still in the registry",
    "see which APIs are enabled",
    "see what the bucket does with what is kept in it",
}
NO_API = {"probe a service that is closed to the public"}
NO_CALL = {"cloudsql.instances.login", "run.routes.invoke", cloud_run.ACT_AS[0]}
"""Asked for by a database, by a service's own URL, and by what a call holds."""


def typed() -> Iterator[str]:
    """Each command line there is, without options."""
    groups = [("", typer.main.get_command(app))]
    while groups:
        name, group = groups.pop()
        for word, each in getattr(group, "commands", {}).items():
            words = f"{name} {word}".strip()
            groups.append((words, each))
            yield words


def test_each_command_but_those_that_need_nothing_can_be_asked_for() -> None:
    known = list(typed())
    unknown = {each for each in known if not meant(each)}

    assert unknown == NEED_NOTHING
    assert {each for each in EVERY if each.removesuffix(" --env") not in known} == set()


@pytest.mark.parametrize(
    ("asked", "commands"),
    [
        ("hrmsops  rollback   app", {"rollback app"}),
        ("hold on", {"hold"}),
        ("rollback pitr --promote", {"rollback pitr"}),
        ("resume", CHANGES),
        ("runs", {"runs", "runs sync", "runs prune"}),
        ("runs show", {"runs"}),
        ("rolback pitr", set()),
        ("rollback pitrr", set()),
        ("", set()),
    ],
)
def test_what_follows_a_command_is_its_own_affair(asked: str, commands: set[str]) -> None:
    assert meant(asked) == commands


def test_a_group_is_all_that_it_may_come_to() -> None:
    assert meant("rollback") > RECOVERIES
    assert meant("table") == {"table sizes", "table partition"}
    assert APP - {"rollback app"} == meant("unpin") | meant("mark-good")


def test_no_permission_is_listed_that_no_call_of_the_sandbox_could_ask_for() -> None:
    known = {name for _, name in needed.calls()} | {"run.jobs.runWithOverrides"}
    listed = {name for each in ACTIONS for name in each.permissions}

    assert listed - known == NO_CALL


def test_a_role_on_the_bucket_is_granted_there_and_to_what_the_account_is() -> None:
    account = "ci@nhia-hrms.iam.gserviceaccount.com"
    told = grant(account, role="roles/storage.objectUser", project="nhia-hrms", bucket="gs://ops")

    assert told == (
        "gcloud storage buckets add-iam-policy-binding gs://ops"
        f" --member=serviceAccount:{account} --role=roles/storage.objectUser"
    )


@cache
def witnessed(keyword: str = "") -> set[str]:
    """What the stories of all tests hold against the table: commands, or what `keyword` names."""
    found = set()
    for file in Path(__file__).parents[1].rglob("*.py"):
        text = file.read_text()
        if only_what_is_listed.__name__ not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "only_what_is_listed":
                words = [*call.args] if not keyword else []
                words += [each.value for each in call.keywords if each.arg == keyword]
                inside = (each for word in words for each in ast.walk(word))
                found |= {str(each.value) for each in inside if isinstance(each, ast.Constant)}
    return found


def test_each_command_is_held_against_the_table_by_a_story() -> None:
    """Given what is listed alone it does its work, and it uses it all: tests/doctor/witness.py."""
    assert witnessed() == EVERY - CODE - UNWITNESSED.keys()


def test_what_one_can_do_without_is_done_by_a_story_that_has_it() -> None:
    optional = {each.does for each in ACTIONS if each.without}
    told = {each for each in optional for word in witnessed("also") if each.startswith(word)}

    assert optional - told == LOOKED_AT_BY_THE_DOCTOR | NO_API
