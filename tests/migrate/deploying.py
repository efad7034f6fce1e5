"""The workflows as they are written for a trial's production, to be run here."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from hrmsops.console.reports.markdown import plain
from hrmsops.sandbox.blueprint import PRODUCTION
from tests.command_line import hrmsops, on_path
from tests.doctor.witness import only_what_is_listed
from tests.github.jobs import Job
from tests.github.rolling_back import GITHUB
from tests.migrate.trial import Trial
from tests.rollback.production import LATEST

SERVICE = PRODUCTION.service


@dataclass
class Workflows:
    """The HRMS's repository with its workflows, and what GitHub keeps of it."""

    trial: Trial
    image: str

    def __post_init__(self) -> None:
        self.client = self.trial.recovery.client
        self.before = self._latest()
        # An earlier try may have left the traffic pinned.
        self.client.patch_service(SERVICE, {"traffic": [LATEST]}, mask="traffic")
        # No workflow needs the project's own interpreter: no runner has it.
        self.trial.configure(python=".venv/bin/python")
        with self.trial.config.open("a") as config:
            config.write(GITHUB)
        written = hrmsops("init", "--github", "--overwrite", cwd=self.trial.folder)
        assert written.code == 0, written.err

    def job(self, name: str, *, workflow: str = "deploy", **inputs: str) -> Job:
        """A job on a runner of its own, with a fresh checkout."""
        folder = self.trial.folder / f"{workflow}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        checkout = folder / "checkout"
        shutil.copytree(self.trial.project, checkout / "project")
        shutil.copy(self.trial.config, checkout)
        on_path(folder / "bin")
        self._add_gcloud(folder / "bin/gcloud")
        recovery = self.trial.recovery
        return Job(
            workflow=self.trial.folder / f".github/workflows/{workflow}.yml",
            name=name,
            folder=folder,
            artifact=self.trial.folder / f"artifact-{workflow}",
            inputs=inputs if workflow == "maintain" else {"environment": "production", **inputs},
            variables={"PYTHONPATH": str(Path(__file__).parents[2])},
            secrets={
                "HRMSOPS_PASSWORD": recovery.password(),
                "HRMSOPS_ADMIN_PASSWORD": recovery.password("postgres"),
            },
            needs={"build": {"outputs": {"image": self.image}}},
            matrix={"environment": "production"},
            stand_ins={} if shutil.which("gcloud") else {"Deploy": self._deploy},
        )

    def take_back(self, migration: str) -> None:
        """By rollback.yml, from the plan to its end: what served before the deploy serves again."""
        target = f"{self.trial.app}.{migration}"
        ask = {"kind": "migration", "target": target, "reason": "it was 'wrong'"}
        told = {"accept": "no-backup reverse-is-lossy", "confirm": "production"}
        listed = only_what_is_listed(
            self.client, self.trial.config, "rollback migration", unused=r"cloudsql\.backupRuns\..*"
        )
        with listed:
            plan = self.job("plan", workflow="rollback", **ask, **told)
            planned = plan.run()
            assert planned.code == 0, planned.err
            apply = self.job("apply", workflow="rollback", **ask, **told)
            ended = apply.run()
            assert ended.code == 0, ended.err
        assert f"Take back {plain(target)}" in plan.runner.summary
        assert apply.runner.outputs["plan-hash"] == plan.runner.outputs["plan-hash"]
        assert "## ✅ Done: rollback migration on production" in apply.runner.summary
        served = self.client.service(SERVICE)["trafficStatuses"]
        assert [each.get("revision") for each in served if each.get("percent")] == [self.before]

    def _latest(self) -> str:
        return str(self.client.service(SERVICE)["latestReadyRevision"]).rpartition("/")[2]

    def _add_gcloud(self, program: Path) -> None:
        """The real one, before the sandbox."""
        root = self.client.home.root
        words = f'-m hrmsops sandbox gcloud --dir "{root}" -- "$@"'
        path = 'PATH="${PATH#*:}"'  # Where the real one is, behind this one.
        program.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" {words}\n')
        program.chmod(0o755)

    def _deploy(self) -> None:
        """By the API, where there is no gcloud."""
        template = self.client.service(SERVICE)["template"]
        template.pop("revision", None)
        template["containers"][0]["image"] = self.image
        made = self.client.patch_service(SERVICE, {"template": template}, mask="template")
        self.client.finished(made)
