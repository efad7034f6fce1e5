"""`init --github`: what it writes, and what GitHub's schema and a security linter say of it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest

from hrmsops import __version__
from tests.command_line import ROOT, Ended, end_of, hrmsops, in_terminal
from tests.github.jobs import load, scripts

WORKFLOWS = ("rollback.yml", "deploy.yml", "maintain.yml")
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}")
ENVIRONMENT = """
[environments.{name}]
kind = "{kind}"
protected = {protected}
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-{name}-api"
store = "{store}"
[environments.{name}.database]
name = "hrms"
user = "hrms_ops"
{login}
"""
GITHUB = """\
[environments.{name}.github]
identity_provider = "projects/1/locations/global/workloadIdentityPools/github/providers/hrms"
service_account = "hrmsops-{name}@nhia-hrms.iam.gserviceaccount.com"
image = "us-central1-docker.pkg.dev/nhia-hrms/hrms/api"
"""


def environment(name: str, login: str, *, store: str = "local", has_github: bool = True) -> str:
    kind = "staging" if name.startswith("staging") else "production"
    facts = {"name": name, "kind": kind, "protected": str(kind == "production").lower()}
    more = GITHUB.format(name=name) if has_github else ""
    return ENVIRONMENT.format(login=login, store=store, **facts) + more


PASSWORDS = (
    'password_env = "HRMSOPS_PASSWORD"\nadmin_password_env = "HRMSOPS_ADMIN_PASSWORD"\n'
    'app_password_envs = { hrms_app = "HRMS_APP_PASSWORD" }'
)
SECRETS = 'password_secret = "hrms-ops"\npassword_env = "HRMSOPS_PASSWORD"\nadmin_iam = true'
ANSWERS = {
    "one": environment("production", PASSWORDS),
    "two": environment("production", SECRETS, store="gs://nhia-hrms-ops/record")
    + environment("staging-2", "iam = true", store="gs://nhia-hrms-ops/record")
    + environment("staging-3", "iam = true", has_github=False),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose default branch is not called main, with the HRMS in a folder of it."""
    root = tmp_path / "checkout"
    head = root / ".git/refs/remotes/origin/HEAD"
    head.parent.mkdir(parents=True)
    head.write_text("ref: refs/remotes/origin/trunk\n")
    project = root / "the backend"
    project.mkdir()
    (project / "Dockerfile").touch()
    (project / "manage.py").write_text("'DJANGO_SETTINGS_MODULE', 'hrms.settings'\n")
    return root


def written(root: Path, answers: str, *, config: str = "hrmsops.toml") -> Ended:
    """`init --github` in the folder of the configuration."""
    file = root / config
    file.parent.mkdir(exist_ok=True)
    file.write_text(answers)
    return hrmsops("init", "--github", "--overwrite", cwd=file.parent)


def against_schema(*paths: Path, schema: str = "vendor.github-workflows") -> str:
    """What GitHub's own schema has against these files; "" is nothing."""
    ask = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema)
    return _said(*ask, *map(str, paths))


def against_security(*paths: Path) -> str:
    """What zizmor has against these files; "" is nothing."""
    [zizmor] = [file for file in files("zizmor") or () if file.name == "zizmor"]
    ask = ("--offline", "--no-progress", "--color=never", "--strict-collection")
    return _said(str(zizmor.locate()), *ask, *map(str, paths))


def _said(*words: str) -> str:
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return ended.stdout + ended.stderr if ended.returncode else ""


def test_github_and_a_security_linter_have_nothing_against_what_is_written(
    checkout: Path,
) -> None:
    kept = []
    for number, (answers, config) in enumerate(
        (("one", "hrmsops.toml"), ("two", "ops/the config/hrmsops.toml"))
    ):
        (checkout / "ops").mkdir(exist_ok=True)
        ended = written(checkout, ANSWERS[answers], config=config)
        assert ended.code == 0, ended.err
        folder = checkout / ".github/workflows"
        kept.append(folder.rename(checkout / ".github" / f"workflows-{number}"))
    found = [folder / name for folder in kept for name in WORKFLOWS]

    action, own = ROOT / "action.yml", ROOT / ".github/workflows/ci.yml"
    assert against_schema(own, *found) == ""
    assert against_schema(action, schema="vendor.github-actions") == ""
    assert against_security(action, own, *found) == ""
    bad, good = found[0].with_name("bad.yml"), found[0].read_text()
    for its, fault, rule in (
        ('<<< "$ACCEPT"', "<<< ${{ inputs.accept }}", "template-injection"),
        (f"@{good.partition('actions/checkout@')[2][:40]}", "@v6", "unpinned-uses"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
    ):
        assert its in good
        bad.write_text(good.replace(its, fault))
        assert rule in against_security(bad), rule
    bad.write_text(found[0].read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in against_schema(bad)


def test_what_is_written_is_the_guides_rollback_approved_between_two_jobs(checkout: Path) -> None:
    ended = written(checkout, ANSWERS["two"])
    assert ended.code == 0, ended.err
    assert "staging-3 was left out" in ended.err
    assert "is local" not in ended.err
    folder = checkout / ".github/workflows"

    rollback = load(folder / "rollback.yml")
    inputs = rollback["on"]["workflow_dispatch"]["inputs"]
    assert list(inputs)[:3] == ["environment", "revision", "reason"]
    assert inputs["environment"]["options"] == ["production", "staging-2"]
    assert (inputs["revision"]["default"], inputs["kind"]["default"]) == ("previous", "app")
    assert [name for name, each in inputs.items() if each.get("required")] == [
        "environment",
        "reason",
    ]
    assert rollback["jobs"]["apply"]["needs"] == "plan"
    deploy = load(folder / "deploy.yml")
    assert deploy["on"]["push"]["branches"] == ["trunk"]
    assert "'staging-2'" in deploy["jobs"]["deploy"]["environment"], "a push goes there"
    assert "hrmsops check 'the backend' " in "\n".join(scripts(deploy))
    for document in (rollback, deploy, load(folder / "maintain.yml")):
        assert document["permissions"] == {}
        for name, job in document["jobs"].items():
            changes = name in {"apply", "deploy", "partitions"}
            assert changes == ("concurrency" in job), name
            assert not changes or job["concurrency"]["cancel-in-progress"] is False
            is_approved = name in {"apply", "deploy"}
            environment_of = job.get("environment", "-unattended")
            assert is_approved != environment_of.endswith("-unattended"), name
            for step in job["steps"]:
                assert PINNED.fullmatch(step.get("uses", f"a/b@{'0' * 40}"))
                if step.get("name") == "Install hrmsops":
                    assert step["run"].endswith(f" hrmsops=={__version__}")
        assert "secrets." not in str(document), "IAM and Secret Manager have the passwords"


def test_passwords_that_only_variables_have_are_secrets_of_single_steps(checkout: Path) -> None:
    ended = written(checkout, ANSWERS["one"], config="ops/hrmsops.toml")

    names = ("HRMSOPS_PASSWORD", "HRMSOPS_ADMIN_PASSWORD", "HRMS_APP_PASSWORD")
    assert f"needs the secrets {', '.join(names)}" in " ".join(ended.err.split())
    assert "The record of production is local" in ended.err
    rollback = load(checkout / ".github/workflows/rollback.yml")
    assert "secrets." not in str({**rollback, "jobs": None})
    for job in rollback["jobs"].values():
        for step in job["steps"]:
            own = {name for name in step.get("env", {}) if name.endswith("PASSWORD")}
            assert own == (set(names) if "hrmsops " in step.get("run", "") and own else own)
            assert own or "secrets." not in str(step)
    [plan] = [each for each in scripts(rollback) if "words=(" in each]
    assert "--config=ops/hrmsops.toml" in plan


def test_without_a_way_to_log_in_nothing_is_written(checkout: Path) -> None:
    answers = environment("production", "iam = true", has_github=False)
    refused = written(checkout, answers)
    assert refused.code == 2
    assert "has no [environments.production.github]" in refused.err
    wrong = written(checkout, ANSWERS["one"].replace("projects/1/", "projects/nhia-hrms/"))
    assert wrong.code == 2
    assert "the project by its number" in wrong.err
    outside = ANSWERS["one"] + '[django]\nroot = "../.."\nsettings = "hrms.settings"\n'
    assert "outside-repository" in written(checkout, outside).err
    assert not (checkout / ".github").exists()
    (checkout / "hrmsops.toml").unlink()
    assert "The configuration has no" in hrmsops("init", "--github", cwd=checkout).err


def test_a_workflow_that_somebody_changed_is_theirs(checkout: Path) -> None:
    assert written(checkout, ANSWERS["one"]).code == 0
    file = checkout / ".github/workflows/maintain.yml"
    file.write_text(file.read_text().replace("17 3 * * 1", "5 4 * * *"))
    asked = in_terminal("-m", "hrmsops", "init", "--github", cwd=checkout)
    asked.expect("Overwrite")
    asked.send("n")
    assert end_of(asked) == 4
    shown = hrmsops("init", "--github", "--scripts", "--dry-run", cwd=checkout)
    assert '-    - cron: "5 4 * * *"' in shown.out
    assert "scripts/migration/run-migrations.sh" in shown.out
    assert "5 4 * * *" in file.read_text()
