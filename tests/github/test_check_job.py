"""The job of deploy.yml that a pull request runs: annotations, a report, an exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hrmsops.sandbox.releases import build
from tests.command_line import hrmsops
from tests.github.jobs import Job
from tests.github.workflow import commands
from tests.scaffold.test_workflows import ANSWERS

DROPS = """\
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("leave", "0001_initial")]
    operations = [migrations.DeleteModel("LeaveRequest")]
"""


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@nhia.example")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_a_pull_request_is_annotated_reported_and_refused(tmp_path: Path) -> None:
    checkout = tmp_path / "check/checkout"
    build("2024.2", checkout / "backend")
    (checkout / "hrmsops.toml").write_text(ANSWERS["one"])
    git(checkout, "init", "-q")
    assert hrmsops("init", "--github", cwd=checkout).code == 0
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "as it is")
    git(checkout, "update-ref", "refs/remotes/origin/release/2024", "HEAD")
    (checkout / "backend/leave/migrations/0009_drop.py").write_text(DROPS)
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "a pull request")
    job = Job(
        workflow=checkout / ".github/workflows/deploy.yml",
        name="check",
        folder=tmp_path / "check",
        artifact=tmp_path / "artifact",
        inputs={},
        variables={},
        github={
            "event_name": "pull_request",
            "base_ref": "release/2024",
            "repository": "nhia/hrms",
            "event": {"pull_request": {"head": {"repo": {"full_name": "somebody/hrms"}}}},
        },
    )

    refused = job.run()

    assert refused.code == 3, refused.err
    told = [text for word, text in commands(refused.out) if word == "error"]
    assert any("leave" in text for text in told), refused.out
    assert job.ended["Tell code scanning"].code == 0, "it tells of findings, and that is no failure"
    sarif = json.loads((checkout / "migrations.sarif").read_text())
    found = [each["ruleId"] for each in sarif["runs"][0]["results"]]
    assert "table-dropped" in found
    assert "github/codeql-action/upload-sarif" not in job.used, "a fork may not write there"
