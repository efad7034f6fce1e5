"""A colleague and hrmsops work on one database by turns: backups, clones and a cutover by hand.

The colleague makes the calls that `gcloud sql` and `gcloud run services update` make.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hrmsops.errors.cloud_sql import InstanceBusy
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.cloud_sql import CloudSql
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION
from tests.command_line import Begun, Ended, ended
from tests.rollback.estate import NOT_HELD
from tests.rollback.production import Production
from tests.sandbox.cloud_sql import (
    APP,
    PASSWORD,
    done,
    make,
    now,
    patched,
    remove,
    session,
    settings,
)
from tests.sandbox.cloud_sql import clone as clone_of
from tests.sandbox.waiting import eventually

pytestmark = pytest.mark.slow

WHO = "colleague@nhia.example"
BACK = ("rollback", "app", "-e", "production")
NOT_ON = "run-not-continuable"
DATABASE = f"""
[environments.production.database]
name = "hrms"
user = "{APP}"
password_env = "HRMSOPS_PASSWORD"
app_roles = ["{APP}"]
"""


@dataclass
class Bound:
    """A production whose service reaches an instance, and the colleague who works on both."""

    production: Production
    instance: str
    colleague: Client

    def hrmsops(self, *words: str) -> Ended:
        return self.production.hrmsops(*words, HRMSOPS_PASSWORD=PASSWORD)

    def begin(self, *words: str) -> Begun:
        return self.production.start(*words, HRMSOPS_PASSWORD=PASSWORD)

    def recovery(self, at: str) -> tuple[str, ...]:
        ask = ("rollback", "pitr", "-e", "production", "--at", at, "--reason", "lost data")
        return (*ask, *NOT_HELD, "--yes", "--json")

    def go_on(self, run: str) -> Ended:
        ask = ("rollback", "pitr", "-e", "production", "--continue", run, "--promote")
        return self.hrmsops(*ask, "--reason", "lost data", "--confirm", self.instance, "--json")

    def bind(self, instance: str) -> None:
        """As `gcloud run services update --set-cloudsql-instances` does."""
        volume = {"name": "cloudsql", "cloudSqlInstance": {"instances": [connection(instance)]}}
        mount = {"name": "cloudsql", "mountPath": "/cloudsql"}
        container = {"image": self.production.image, "volumeMounts": [mount]}
        template = {"containers": [container], "volumes": [volume]}
        done = self.colleague.patch_service(
            self.production.service, {"template": template}, mask="template"
        )
        assert "error" not in done, done["error"]

    def interrupted(self, at: str) -> Any:
        """A recovery that dies while it asks for its clone, before Cloud SQL has heard of it."""
        client = self.production.client
        fault = client.arm(kind="hang", method="POST", path="/clone$")
        process = self.begin(*self.recovery(at))
        self.production.kill_when_met(fault, process)
        client.clear_faults()
        [run] = self.hrmsops("runs", "--json").document["runs"]
        return self.hrmsops("runs", "show", run["run"], "--json").document

    def clones(self, *, besides: Collection[str] = ()) -> list[dict[str, Any]]:
        """The operations that made clones of the instance, newest first, but for those named."""
        listed = self.colleague.sql("GET", "operations")["items"]
        clones = (each for each in listed if each["operationType"] == "CLONE")
        ours = (each for each in clones if each["targetId"].startswith(f"{self.instance}-"))
        return [each for each in ours if each["name"] not in besides]

    def operations(self, instance: str, kind: str) -> list[dict[str, Any]]:
        listed = self.colleague.sql("GET", f"operations?instance={instance}")["items"]
        return [each for each in listed if each["operationType"] == kind]


@pytest.fixture(scope="module")
def instance(sandbox: Client) -> Iterator[str]:
    name = f"t{os.getpid()}-by-turns"
    yield make(sandbox, name)
    remove(sandbox, name)


@pytest.fixture
def bound(production: Production, instance: str) -> Bound:
    config = production.folder / "hrmsops.toml"
    config.write_text(config.read_text() + DATABASE)
    with session(production.client, instance) as client:
        client.execute(
            "CREATE TABLE IF NOT EXISTS django_migrations"
            " (id serial, app text, name text, applied timestamptz DEFAULT now())"
        )
        client.execute("INSERT INTO django_migrations (app, name) VALUES ('core', '0001')")
    made = Bound(production, instance, Client.of(production.client.home, account=WHO))
    made.bind(instance)
    return made


def test_each_goes_on_from_what_the_other_did_to_the_database(bound: Bound) -> None:
    source, colleague = bound.instance, bound.colleague
    run = bound.interrupted(at := now())
    clone = run["clone"]

    # A colleague types what the record says, while hrmsops is down.
    colleague.sql_finished(clone_of(colleague, source, clone, at))
    adopted = bound.hrmsops("resume", "--json")
    assert (adopted.code, adopted.document["clone"]) == (0, clone), adopted.out
    assert [each["user"] for each in bound.operations(clone, "CLONE")] == [WHO]

    # They lead the service there by hand.
    patched(colleague, clone, userLabels={**settings(colleague, clone)["userLabels"], "by": "hand"})
    bound.bind(clone)
    seen = bound.hrmsops("status", "-e", "production", "--json").document
    assert seen["instance"].endswith(f":{clone}")
    assert (seen["last_modifier"], seen["database"]["instance"]) == (WHO, clone)
    promoted = bound.go_on(run["run"]).document["error"]
    assert (promoted["code"], promoted["why"]) == (NOT_ON, f"{clone} serves already.")
    back = bound.hrmsops(*BACK, "--reason", "x", "--yes", "--json").document["error"]
    assert back["code"] == "no-eligible-revision"
    assert f"bound to database {connection(source)}, not {connection(clone)}" in back["why"]
    assert settings(colleague, clone)["userLabels"]["by"] == "hand"

    # They change their mind, and delete what nobody needs: it has its source's protection.
    bound.bind(source)
    unprotected = f"gcloud sql instances patch {clone} --no-deletion-protection --project={PROJECT}"
    assert adopted.document["undo"].startswith(f"{unprotected} && gcloud sql instances delete ")
    remove(colleague, clone)
    gone = bound.go_on(run["run"]).document["error"]
    assert (gone["code"], gone["exit_code"]) == (NOT_ON, 3)
    assert gone["why"] == f"There is no instance {clone} any more, or you may not see it."

    # The command that mends it waits for the backup that they take meanwhile.
    colleague.arm(kind="stall", operation="sql.backup", seconds=2)
    colleague.arm(kind="stick", operation="sql.clone", state="MAINTENANCE")
    patched(colleague, source, deletionProtectionEnabled=False)
    asked = colleague.sql("POST", f"instances/{source}/backupRuns", {})
    with pytest.raises(InstanceBusy, match=f"{source} is busy"):
        CloudSql(Clients(colleague.endpoint), project=PROJECT).clone(source, into=clone, at=None)
    earlier = {each["name"] for each in bound.clones()}
    anew = bound.begin(*shlex.split(gone["fix"])[1:], *NOT_HELD, "--yes", "--json")
    eventually(lambda: [each["status"] for each in bound.clones(besides=earlier)] == ["DONE"])
    [made] = bound.clones(besides=earlier)
    backup = colleague.sql("GET", f"operations/{asked['name']}")
    assert (backup["status"], "error" in backup) == ("DONE", False)
    assert backup["endTime"] <= made["insertTime"]

    # Nor does it wait for what they take away from it.
    done(colleague, "DELETE", f"instances/{made['targetId']}")
    told = ended(anew)
    assert (told.code, told.document["failure"]["code"]) == (10, "clone-failed"), told.out
    assert told.document["failure"]["why"] == f"{WHO} has deleted it meanwhile."
    assert told.document["at"] == run["at"]


def connection(instance: str) -> str:
    return f"{PROJECT}:{REGION}:{instance}"
