"""rollback.yml as it is written for the HRMS in miniature, from its plan to its end."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command_line import hrmsops
from tests.github.jobs import Job
from tests.rollback.estate import Recovery

GITHUB = """
[environments.production.github]
identity_provider = "projects/1/locations/global/workloadIdentityPools/github/providers/hrms"
service_account = "hrmsops@nhia-hrms.iam.gserviceaccount.com"
image = "us-central1-docker.pkg.dev/nhia-hrms/hrms/api"
"""


@dataclass
class RollbackWorkflow:
    """The workflow in a repository of its own; its record is the engineer's, as in a bucket."""

    recovery: Recovery
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / ".git").mkdir()  # Else a repository around.
        text = self.recovery.client.home.config.read_text()
        (self.folder / "hrmsops.toml").write_text(text + GITHUB)
        written = hrmsops("init", "--github", cwd=self.folder)
        assert written.code == 0, written.err

    def plan(self, **inputs: str) -> Job:
        """The job that plans, as it has ended."""
        shutil.rmtree(self.folder / "artifact", ignore_errors=True)
        return self._ran("plan", inputs)

    def done(self, **inputs: str) -> Any:
        """Planned, approved and applied: the run's document."""
        plan = self.plan(**inputs)
        assert [each.code for each in plan.ended.values()] == [0], plan.ended
        apply = self._ran("apply", inputs)
        outputs, ended = apply.runner.outputs, apply.ended["Apply"]
        assert ended.code == 0, ended.err
        assert outputs["plan-hash"] == plan.runner.outputs["plan-hash"]
        assert f"Run `{outputs['run']}`" in apply.runner.summary
        document = self.recovery.hrmsops("runs", "show", outputs["run"], "--json").document
        return {**document, "next": outputs["next"]}

    def _ran(self, name: str, inputs: dict[str, str]) -> Job:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "checkout").mkdir(parents=True)
        shutil.copy(self.folder / "hrmsops.toml", folder / "checkout")
        job = Job(
            workflow=self.folder / ".github/workflows/rollback.yml",
            name=name,
            folder=folder,
            artifact=self.folder / "artifact",
            inputs={"environment": "production", "reason": "`lost` | <data>", **inputs},
            variables={"HRMSOPS_STATE_DIR": str(self.recovery.folder / "state")},
            secrets={
                "HRMSOPS_PASSWORD": self.recovery.password(),
                "HRMSOPS_ADMIN_PASSWORD": self.recovery.password("postgres"),
            },
        )
        job.run()
        return job
