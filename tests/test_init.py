"""`hrmsops init`, in a pipe and in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.config import load
from tests.command_line import end_of, hrmsops, in_terminal

STAGING = (
    "init",
    "--environment=staging",
    "--kind=staging",
    "--project=nhia-hrms",
    "--region=us-central1",
    "--service=nhia-hrms-staging-api",
)


def without(flag: str) -> list[str]:
    return [word for word in STAGING if not word.startswith(flag)]


def test_what_init_writes_is_what_every_command_reads(tmp_path: Path) -> None:
    ended = hrmsops(
        *STAGING,
        "--instance=nhia-hrms-staging-pg-0001",
        "--database=hrms",
        "--user=hrms_ops",
        cwd=tmp_path,
    )

    assert (ended.code, ended.out) == (0, "")
    assert "Next: hrmsops status --env staging" in ended.err
    staging = load(start=tmp_path).environment("staging")
    assert (staging.kind, staging.protected) == ("staging", False)
    assert staging.instance == "nhia-hrms-staging-pg-0001"
    assert staging.database is not None
    assert (staging.database.name, staging.database.user) == ("hrms", "hrms_ops")


def test_each_setting_is_explained_in_the_file(tmp_path: Path) -> None:
    hrmsops(*STAGING, cwd=tmp_path)

    lines = (tmp_path / "hrmsops.toml").read_text(encoding="utf-8").splitlines()
    assert all("#" in line for line in lines if " = " in line)


def test_production_is_protected_unless_said_otherwise(tmp_path: Path) -> None:
    hrmsops(*without("--kind"), "--kind=production", cwd=tmp_path)

    assert load(start=tmp_path).environment("staging").protected


def test_without_a_bucket_a_protected_environment_is_told_what_it_lacks(tmp_path: Path) -> None:
    ended = hrmsops(*STAGING, "--protected", cwd=tmp_path)

    file = tmp_path / "hrmsops.toml"
    text = file.read_text(encoding="utf-8")
    make = "# Make one: gcloud storage buckets create gs://nhia-hrms-hrmsops --project=nhia-hrms"
    assert "changes are refused (hrmsops explain local-record)" in " ".join(ended.err.split())
    assert make in text
    assert load(file).environment("staging").store == "local"
    file.write_text(text.replace("# store = ", "store = "), encoding="utf-8")
    assert load(file).environment("staging").store == "gs://nhia-hrms-hrmsops/records"


def test_a_bucket_that_is_named_comes_with_the_command_that_makes_it(tmp_path: Path) -> None:
    ended = hrmsops(*STAGING, "--protected", "--store=gs://hrms-ops/records", cwd=tmp_path)

    assert load(start=tmp_path).environment("staging").store == "gs://hrms-ops/records"
    assert ended.err.splitlines()[-2:] == [
        "First, unless it is there: gcloud storage buckets create gs://hrms-ops"
        " --project=nhia-hrms --location=us-central1"
        " --uniform-bucket-level-access --public-access-prevention",
        "Next: hrmsops status --env staging",
    ]


@pytest.mark.parametrize("flag", ["--environment", "--kind", "--project", "--region", "--service"])
def test_without_a_terminal_a_missing_value_names_its_flag(tmp_path: Path, flag: str) -> None:
    ended = hrmsops(*without(flag), cwd=tmp_path)

    assert ended.code == 2
    assert f"Add {flag}" in ended.err
    assert not (tmp_path / "hrmsops.toml").exists()


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--region", "US"), ("--service", "a b"), ("--kind", "prod"), ("--store", "bucket")],
)
def test_a_value_that_cannot_work_is_refused_before_anything_is_written(
    tmp_path: Path, flag: str, value: str
) -> None:
    ended = hrmsops(*without(flag), f"{flag}={value}", cwd=tmp_path)

    assert ended.code == 2
    assert flag in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_file_and_writes_nothing(tmp_path: Path) -> None:
    ended = hrmsops(*STAGING, "--dry-run", cwd=tmp_path)

    assert "[environments.staging]" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_only_added_to_with_consent(tmp_path: Path) -> None:
    hrmsops(*STAGING, cwd=tmp_path)
    file = tmp_path / "hrmsops.toml"
    written = file.read_text(encoding="utf-8") + "\n# A note of the team.\n[timeouts]\nlock='5s'\n"
    file.write_text(written, encoding="utf-8")
    file.chmod(0o640)
    more = [*without("--environment"), "--environment=second"]

    refused = hrmsops(*more, cwd=tmp_path)
    assert (refused.code, file.read_text(encoding="utf-8")) == (2, written)
    assert "--yes" in refused.err

    assert hrmsops(*more, "--yes", cwd=tmp_path).code == 0
    text = file.read_text(encoding="utf-8")
    assert "# A note of the team." in text
    assert "lock='5s'" in text
    assert list(load(file).environments) == ["staging", "second"]
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_an_environment_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    hrmsops(*STAGING, cwd=tmp_path)

    ended = hrmsops(*STAGING, "--yes", "--json", cwd=tmp_path)

    assert ended.code == 2
    assert ended.document["error"]["code"] == "environment-exists"


def test_the_django_project_is_found_by_its_manage_file(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "manage.py").write_text(
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrms.settings")\n', encoding="utf-8"
    )

    hrmsops(*STAGING, cwd=tmp_path)

    django = load(start=tmp_path).django
    assert django is not None
    assert (django.root, django.settings) == ("backend", "hrms.settings")


def test_an_environment_can_be_added_to_a_pyproject(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "hrms" # ours\n', encoding="utf-8")

    assert hrmsops(*STAGING, "--path=pyproject.toml", "--yes", cwd=tmp_path).code == 0

    assert 'name = "hrms" # ours' in file.read_text(encoding="utf-8")
    assert list(load(start=tmp_path).environments) == ["staging"]


def test_in_a_terminal_it_asks_with_proposals(tmp_path: Path) -> None:
    terminal = in_terminal("-m", "hrmsops", "init", cwd=tmp_path)
    terminal.expect("Environment:")
    terminal.send("\r")
    terminal.expect("Which kind")
    terminal.send("\r")
    terminal.expect("Project:")
    terminal.send("NHIA\r")
    terminal.expect("does not fit")
    terminal.send("\x7f" * 4 + "nhia-hrms\r")
    for question in ("Region:", "Service:", "Instance:", "Store:"):
        terminal.expect(question)
        terminal.send("\r")
    terminal.expect("hrmsops status --env production")

    assert end_of(terminal) == 0
    production = load(start=tmp_path).environment("production")
    assert production.service == "nhia-hrms-production-api"
    assert production.instance == "nhia-hrms-production-pg-0001"
    assert production.protected
    assert production.store == "gs://nhia-hrms-hrmsops/records"


def test_ctrl_c_at_a_question_writes_nothing(tmp_path: Path) -> None:
    terminal = in_terminal("-m", "hrmsops", "init", cwd=tmp_path)
    terminal.expect("Environment:")
    terminal.send("\x03")

    assert end_of(terminal) == 130
    assert list(tmp_path.iterdir()) == []
