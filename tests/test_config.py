"""What the configuration file may say, and how each mistake in it is named."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hrmsops.config import Config, load
from hrmsops.config import duration as durations
from hrmsops.config import moment as moments
from hrmsops.errors import ExitCode, HrmsopsError
from hrmsops.errors.config import ConfigNotReadable, ConfigNotToml, SettingError
from hrmsops.errors.environments import (
    EnvironmentNotNamed,
    NoEnvironment,
    ProtectedFromVariable,
    UnknownEnvironment,
)
from hrmsops.errors.usage import DurationNotUnderstood, MomentNotUnderstood

STAGING = """
[environments.staging]
kind = "staging"
protected = false
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-staging-api"
"""
PRODUCTION = """
[environments.production]
kind = "production"
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-production-api"
"""
EVERYTHING = """
[django]
root = "backend"
python = ".venv/bin/python"
settings = "hrms.settings"
database_alias = "default"

[environments.production]
kind = "production"
protected = true
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-production-api"
jobs = ["nhia-hrms-production-payroll"]
worker_pools = ["nhia-hrms-production-mail"]
instance = "nhia-hrms-production-pg-0001"
store = "gs://nhia-hrms-records/production"
endpoint = "http://127.0.0.1:8085"
[environments.production.database]
name = "hrms"
user = "hrms_ops"
password_env = "HRMSOPS_PASSWORD"
owner_role = "hrms_app"
app_roles = ["hrms_app"]
via = "relay"
[environments.production.health]
paths = ["/healthz"]
host = "hrms.nhia.example"
[environments.production.checks]
payslips_have_lines = "select true"
[environments.production.irrevocable]
bank_files = "select id from bank_files where sent_at > :since"
[environments.production.hold]
schedulers = ["payroll-nightly"]
queues = ["mail"]
[safety]
large_table_rows = 50000
[safety.expected_rows]
payroll_payslipline = 7000000
[timeouts]
statement = "1m30s"
lock = "500ms"
[notify]
webhooks = ["https://chat.nhia.example/hook"]
"""


def loaded(folder: Path, text: str, *, name: str = "hrmsops.toml") -> Config:
    (folder / name).write_text(text, encoding="utf-8")
    return load(start=folder)


def mistake(folder: Path, text: str, *, name: str = "hrmsops.toml") -> HrmsopsError:
    with pytest.raises(HrmsopsError) as raised:
        loaded(folder, text, name=name)
    assert raised.value.exit_code == ExitCode.USAGE
    return raised.value


def test_every_setting_of_the_design_is_read(tmp_path: Path) -> None:
    config = loaded(tmp_path, EVERYTHING)
    production = config.environment("production")

    assert config.path == tmp_path / "hrmsops.toml"
    assert config.django is not None
    assert (config.django.root, config.django.settings) == ("backend", "hrms.settings")
    assert (production.name, production.kind, production.protected) == (
        "production",
        "production",
        True,
    )
    assert production.jobs == ("nhia-hrms-production-payroll",)
    assert production.store == "gs://nhia-hrms-records/production"
    assert production.database is not None
    assert (production.database.via, production.database.app_roles) == ("relay", ("hrms_app",))
    assert production.health.host == "hrms.nhia.example"
    assert production.checks == {"payslips_have_lines": "select true"}
    assert production.hold.queues == ("mail",)
    assert config.safety.expected_rows == {"payroll_payslipline": 7_000_000}
    assert config.timeouts.statement == timedelta(seconds=90)
    assert config.timeouts.lock == timedelta(milliseconds=500)
    assert config.notify.webhooks == ("https://chat.nhia.example/hook",)


def test_without_a_file_all_defaults_hold(tmp_path: Path) -> None:
    config = load(start=tmp_path)

    assert config.path is None
    assert config.timeouts.lock == timedelta(seconds=10)
    assert config.safety.expected_rows["core_auditlog"] == 1_000_000
    with pytest.raises(NoEnvironment):
        config.environment("production")


@pytest.mark.parametrize("section", ["[safety]\nlarge_table_rows = 5", "[timeouts]", STAGING, ""])
def test_any_section_may_stand_alone(tmp_path: Path, section: str) -> None:
    assert loaded(tmp_path, section).path == tmp_path / "hrmsops.toml"


def test_the_file_is_found_from_a_folder_below_it(tmp_path: Path) -> None:
    below = tmp_path / "backend" / "payroll"
    below.mkdir(parents=True)
    (tmp_path / "hrmsops.toml").write_text(STAGING, encoding="utf-8")

    assert load(start=below).path == tmp_path / "hrmsops.toml"


def test_a_pyproject_counts_where_it_has_our_table(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nname = "other"\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.hrmsops.timeouts]\nlock = "2s"\n', encoding="utf-8"
    )

    config = load(start=inner)

    assert config.path == tmp_path / "pyproject.toml"
    assert config.timeouts.lock == timedelta(seconds=2)


def test_a_broken_pyproject_of_somebody_else_is_passed_by(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[project\n", name="pyproject.toml").path is None


def test_a_mistake_in_a_pyproject_is_named_with_its_whole_path(tmp_path: Path) -> None:
    found = mistake(tmp_path, "[tool.hrmsops.timeouts]\nlok = '1s'\n", name="pyproject.toml")

    assert "tool.hrmsops.timeouts.lok" in found.what


@pytest.mark.parametrize(
    ("text", "code", "path", "mend"),
    [
        (
            PRODUCTION.replace("region", "regon"),
            "unknown-setting",
            "environments.production.regon",
            "rename regon to region",
        ),
        ("colour = 'red'", "unknown-setting", "colour", "remove colour"),
        ("[environments.production]\nname = 'x'", "unknown-setting", "production.name", "remove"),
        (
            PRODUCTION.replace('project = "nhia-hrms"', ""),
            "missing-setting",
            "environments.production.project",
            'add: project = "nhia-hrms"',
        ),
        (
            PRODUCTION + 'protected = "yes"',
            "setting-of-wrong-type",
            "environments.production.protected",
            "protected = true",
        ),
        (
            "[safety]\nlarge_table_rows = true",
            "setting-of-wrong-type",
            "safety.large_table_rows",
            "large_table_rows = 1000",
        ),
        (
            "[safety.expected_rows]\npayslips = '5M'",
            "setting-of-wrong-type",
            "safety.expected_rows.payslips",
            "payslips = 1000",
        ),
        ("environments = 3", "setting-of-wrong-type", "environments", "environments = {}"),
        (PRODUCTION + "jobs = 'one'", "setting-of-wrong-type", "production.jobs", "jobs = []"),
        (
            PRODUCTION + "jobs = ['A']",
            "setting-not-usable",
            "production.jobs[0]",
            "nhia-hrms-batch",
        ),
        (
            PRODUCTION.replace('kind = "production"', 'kind = "prod"'),
            "setting-not-usable",
            "environments.production.kind",
            'kind = "production"',
        ),
        ("[timeouts]\nlock = '5'", "setting-not-usable", "timeouts.lock", 'lock = "30s"'),
        (
            PRODUCTION + "endpoint = 'ftp://host'",
            "setting-not-usable",
            "production.endpoint",
            "endpoint = ",
        ),
        (
            PRODUCTION + "endpoint = 'http://run.googleapis.com'",
            "setting-not-usable",
            "production.endpoint",
            "endpoint = ",
        ),
        (
            PRODUCTION.replace("us-central1", "us-central1/../.."),
            "setting-not-usable",
            "production.region",
            'region = "us-central1"',
        ),
        (
            PRODUCTION.replace("nhia-hrms-production-api", "api; rm -rf"),
            "setting-not-usable",
            "production.service",
            "service = ",
        ),
        (
            PRODUCTION.replace('"nhia-hrms"', '"NHIA"'),
            "setting-not-usable",
            "production.project",
            "project = ",
        ),
        (
            PRODUCTION.replace("[environments.production]", '[environments."a b"]'),
            "setting-not-usable",
            "environments.a b",
            "rename",
        ),
        (
            PRODUCTION
            + "[environments.production.database]\nname = 'a'\nuser = 'b'\n"
            + "iam = true\npassword_secret = 'd'",
            "setting-not-usable",
            "database.password_secret",
            "remove password_secret",
        ),
        (
            PRODUCTION + f"instance = 'a{'b' * 90}'",
            "setting-not-usable",
            "production.instance",
            "change or remove instance",
        ),
    ],
)
def test_each_mistake_names_its_path_and_the_mend(
    tmp_path: Path, text: str, code: str, path: str, mend: str
) -> None:
    found = mistake(tmp_path, text)

    assert found.code == code
    assert path in found.what
    assert mend in found.fix


def test_one_look_shows_the_paths_of_all_mistakes(tmp_path: Path) -> None:
    found = mistake(tmp_path, PRODUCTION.replace("region", "regon") + "[timeouts]\nlock = 5\n")

    assert isinstance(found, SettingError)
    assert found.others == ("environments.production.region", "timeouts.lock")
    assert "2 more mistakes" in found.why


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    found = mistake(tmp_path, "[timeouts]\nlock = \n")

    assert isinstance(found, ConfigNotToml)
    assert "line 2" in found.what


def test_the_address_of_a_webhook_is_never_repeated(tmp_path: Path) -> None:
    found = mistake(tmp_path, "[notify]\nwebhooks = ['ftp://chat/topsecret']")

    assert "topsecret" not in f"{found.what} {found.why} {found.fix}"


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigNotReadable):
        load(tmp_path / "absent.toml")


def test_the_only_environment_is_chosen_unless_it_is_protected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HRMSOPS_ENV", raising=False)

    assert loaded(tmp_path, STAGING).environment(None).name == "staging"
    with pytest.raises(EnvironmentNotNamed, match="not named"):
        loaded(tmp_path, PRODUCTION).environment(None)


def test_a_choice_of_environments_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HRMSOPS_ENV", raising=False)

    with pytest.raises(EnvironmentNotNamed) as raised:
        loaded(tmp_path, STAGING + PRODUCTION).environment(None)

    assert "staging and production" in raised.value.why
    assert "Protected: production" in raised.value.why


def test_the_variable_selects_what_is_not_protected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = loaded(tmp_path, STAGING + PRODUCTION)

    monkeypatch.setenv("HRMSOPS_ENV", "staging")
    assert config.environment(None).name == "staging"
    monkeypatch.setenv("HRMSOPS_ENV", "production")
    with pytest.raises(ProtectedFromVariable):
        config.environment(None)
    assert config.environment("production").name == "production"


def test_an_unknown_environment_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownEnvironment) as raised:
        loaded(tmp_path, STAGING + PRODUCTION).environment("prodution")

    assert raised.value.fix == "--env production"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("30s", timedelta(seconds=30)),
        ("1.5s", timedelta(milliseconds=1500)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_duration_has_units(text: str, length: timedelta) -> None:
    assert durations.duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5 fortnights", "5s1h", "1e3s", "99999999d"])
def test_what_has_no_unit_is_no_duration(text: str) -> None:
    with pytest.raises(DurationNotUnderstood):
        durations.duration(text)


@given(some.integers(min_value=0, max_value=10**12))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)

    assert durations.duration(durations.as_text(length)) == length


@pytest.mark.parametrize("text", ["2026-08-22T09:14:00Z", "2026-08-22 11:14:00+02:00"])
def test_a_moment_is_held_in_utc(text: str) -> None:
    at = moments.moment(text)

    assert at == datetime(2026, 8, 22, 9, 14, tzinfo=UTC)
    assert moments.as_text(at) == "2026-08-22T09:14:00Z"


@pytest.mark.parametrize(
    ("zone", "readings"),
    [
        ("<+02>-2", ("as UTC it is 2026-08-22T09:14:00Z", "(+02) it is 2026-08-22T07:14:00Z")),
        ("UTC0", ("as UTC, which is local time here too, it is 2026-08-22T09:14:00Z",)),
    ],
)
def test_a_moment_without_a_zone_is_refused_with_each_reading_once(
    zone: str, readings: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with pytest.raises(MomentNotUnderstood) as raised:
            moments.moment("2026-08-22 09:14")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert all(reading in raised.value.why for reading in readings)
    assert raised.value.why.count("2026-08-22T") == len(readings)
