"""The generated rollback.yml, its scripts run in order against a service that runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from subprocess import Popen

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.command_line import hrmsops
from tests.engine.stores import BUCKET, make_bucket
from tests.github.jobs import Job, cancel
from tests.github.rolling_back import GITHUB
from tests.github.workflow import commands
from tests.rollback.production import Production, to

REASON = """O'Brien's "error spike" $(touch pwned) `touch pwned`; ${IFS} --yes\\ *"""
MakeJob = Callable[..., Job]


@pytest.fixture
def job(production: Production) -> MakeJob:
    """Makes a job of rollback.yml as it is written for this production, in a fresh checkout."""
    config = production.folder / "hrmsops.toml"
    (production.folder / ".git").mkdir(exist_ok=True)  # Else a repository around.

    def make(name: str, **inputs: str) -> Job:
        production.write_config()
        config.write_text(config.read_text() + GITHUB)
        written = hrmsops("init", "--github", "--overwrite", cwd=production.folder)
        assert written.code == 0, written.err
        is_local = "The record of production is local" in written.err
        assert is_local == (production.store == "local")
        folder = production.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "checkout").mkdir(parents=True)
        shutil.copy(config, folder / "checkout")
        return Job(
            workflow=production.folder / ".github/workflows/rollback.yml",
            name=name,
            folder=folder,
            artifact=production.folder / "artifact",
            inputs={"environment": "production", "reason": REASON, **inputs},
            variables={},
        )

    return make


def test_what_the_guide_types_is_planned_shown_approved_and_applied(
    production: Production, job: MakeJob
) -> None:
    first, second = production.revisions
    plan = job("plan", revision="previous")

    planned = plan.run()

    assert planned.code == 0, planned.err
    assert production.shares == {second: 100}
    wanted = json.loads((plan.artifact / "plan.json").read_text())
    assert wanted["reason"] == REASON
    outputs = {"plan-hash": wanted["hash"], "needs": "", "exit-code": "0"}
    assert plan.runner.outputs == outputs
    assert plan.runner.summary.startswith(f"## Plan `{wanted['hash']}`: rollback app on production")
    assert "O'Brien's" in plan.runner.summary

    apply = job("apply", revision="previous")
    applied = apply.run()

    assert applied.code == 0, applied.err
    assert production.shares == {first: 100}
    assert "## ✅ Done: rollback app on production" in apply.runner.summary
    assert apply.runner.outputs["plan-hash"] == wanted["hash"]
    shown = hrmsops(
        *("runs", "show", apply.runner.outputs["run"], "--json"),
        cwd=apply.checkout,
        HRMSOPS_STATE_DIR=str(apply.folder / "state"),
    )
    assert shown.document["reason"] == REASON
    assert not list(production.folder.rglob("pwned"))


def test_a_plan_that_is_stale_when_it_is_approved_is_refused(
    production: Production, job: MakeJob
) -> None:
    first, second = production.revisions
    assert job("plan").run().code == 0
    production.set_traffic(to(first, 50), to(second, 50))

    apply = job("apply")
    refused = apply.run()

    assert refused.code == 5, refused.err
    assert production.shares == {first: 50, second: 50}
    assert apply.runner.outputs["exit-code"] == "5"
    assert "`hrmsops explain plan-changed`" in apply.runner.summary
    assert [word for word, _ in commands(refused.err)].count("error") == 1


def test_a_cancelled_job_that_is_run_again_goes_on_with_its_run(
    production: Production, job: MakeJob, name: str
) -> None:
    first, _ = production.revisions
    make_bucket(production.client, BUCKET)
    production.store = f"gs://{BUCKET}/{name}"
    assert job("plan").run().code == 0
    path = service_name(production.service) + "$"
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=path)
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)

    def in_the_shift(process: Popen[str]) -> None:
        production.until_met(fault, process)
        cancel(process)

    apply = replace(job("apply"), meanwhile={"Apply": in_the_shift})
    cancelled = apply.run()

    production.client.clear_faults()
    run = apply.runner.outputs["run"]
    assert cancelled.code == 130, cancelled.err
    assert apply.runner.outputs["exit-code"] == "130"
    assert apply.runner.outputs["next"] == f"hrmsops resume {run}"
    assert "*Re-run failed jobs* goes on with this very run" in apply.runner.summary
    again = job("apply")
    ended = again.run()
    assert ended.code == 0, ended.err
    assert f"Run {run} of this plan was not finished: it goes on." in ended.err
    assert again.runner.outputs["run"] == run
    assert "## ✅ Done: rollback app on production" in again.runner.summary
    assert production.shares == {first: 100}
    every = production.hrmsops("runs", "--all-hosts", "--json").document["runs"]
    assert [(each["run"], each["outcome"]) for each in every] == [(run, "done")]


RUN = "261123-104512-7f3a"
TARGETS = [
    (
        "migration payroll --undo=0003 --job --revision=previous",
        "database-unbound",
        {"kind": "migration", "target": "payroll.0003"},
    ),
    (
        "pitr --at=2026-08-22T09:14:00Z --promote --confirm=production"
        " --accept=hold-skipped --no-hold --accept=clone-too-small",
        "database-unbound",
        {
            "kind": "pitr",
            "target": "2026-08-22T09:14:00Z",
            "promote": "true",
            "confirm": "production",
            "accept": "hold-skipped clone-too-small",
        },
    ),
    (
        "pitr --before-migration=payroll.0003 --revision=api-00007-x --promote",
        "database-unbound",
        {"kind": "pitr", "target": "payroll.0003", "revision": "api-00007-x", "promote": "true"},
    ),
    (f"pitr --before-run={RUN}", "database-unbound", {"kind": "pitr", "target": f"before {RUN}"}),
    (
        f"pitr --continue={RUN} --tables=leave,staff",
        "run-not-found",
        {"kind": "pitr", "target": RUN, "tables": "leave,staff", "promote": "true"},
    ),
    (
        f"backup --continue={RUN} --promote --acknowledge=bank_files --acknowledge=mail",
        "run-not-found",
        {"kind": "backup", "target": RUN, "acknowledge": "bank_files mail"},
    ),
    (f"resume {RUN}", "run-not-found", {"kind": "resume", "target": RUN, "confirm": "x"}),
]


def test_each_kind_has_its_target(production: Production, job: MakeJob) -> None:
    """This production has no database: hrmsops says so, which it can only of words it takes."""
    for words, error, inputs in TARGETS:
        plan = job("plan", **inputs)

        ended = plan.run()

        told = (plan.checkout / "plan/words").read_text().split("\0")
        said = {"rollback", "--env=production", f"--reason={REASON}", ""}
        assert " ".join(word for word in told if word not in said) == words
        assert ended.code != 0, words
        assert f"`hrmsops explain {error}`" in plan.runner.summary, ended.err
        assert not plan.artifact.exists()


def test_a_target_that_is_none_is_refused_before_anything_is_asked(
    production: Production, job: MakeJob
) -> None:
    for wrong in (
        {"kind": "migration", "target": "--help"},
        {"kind": "cutback", "target": f"{RUN}\n"},
        {"kind": "pitr", "target": "payroll.0003", "tables": "leave"},
        {"kind": "backup", "target": RUN, "tables": "leave"},
    ):
        nowhere = job("plan", **wrong).run()
        assert nowhere.code == 2, wrong
        assert [word for word, _ in commands(nowhere.out)] == ["error"]
    naive = job("plan", kind="pitr", target="2026-08-22T09:14:00").run()
    assert naive.code == 2
    assert "zone" in naive.err
