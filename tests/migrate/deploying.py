"""deploy.yml and maintain.yml as they are written for a trial's production, to be run here."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.command_line import hrmsops, on_path
from tests.github.jobs import Job
from tests.migrate.trial import Trial

GITHUB = """
[environments.production.github]
identity_provider = "projects/1/locations/global/workloadIdentityPools/github/providers/hrms"
service_account = "hrmsops@nhia-hrms.iam.gserviceaccount.com"
image = "us-central1-docker.pkg.dev/nhia-hrms/hrms/api"
"""


@dataclass
class Workflows:
    """The HRMS's repository with its workflows, and what GitHub keeps of it."""

    trial: Trial
    image: str

    def __post_init__(self) -> None:
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
            inputs={"environment": "production", **inputs} if workflow == "deploy" else inputs,
            variables={"PYTHONPATH": str(Path(__file__).parents[2])},
            secrets={
                "HRMSOPS_PASSWORD": recovery.password(),
                "HRMSOPS_ADMIN_PASSWORD": recovery.password("postgres"),
            },
            needs={"build": {"outputs": {"image": self.image}}},
            matrix={"environment": "production"},
            stand_ins={} if shutil.which("gcloud") else {"Deploy": self._deploy},
        )

    def _add_gcloud(self, program: Path) -> None:
        """The real one, before the sandbox."""
        root = self.trial.recovery.client.home.root
        words = f'-m hrmsops sandbox gcloud --dir "{root}" -- "$@"'
        path = 'PATH="${PATH#*:}"'  # Where the real one is, behind this one.
        program.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" {words}\n')
        program.chmod(0o755)

    def _deploy(self) -> None:
        """By the API, where there is no gcloud."""
        client, service = self.trial.recovery.client, "nhia-hrms-production-api"
        template = client.service(service)["template"]
        template.pop("revision", None)
        template["containers"][0]["image"] = self.image
        client.finished(client.patch_service(service, {"template": template}, mask="template"))
