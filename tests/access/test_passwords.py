"""Where a password comes from: the order, what each source says, and who gets in with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hrmsops.errors.cloud import ResourceMissing
from hrmsops.errors.database import DatabaseCredentialsRefused
from hrmsops.errors.environments import PasswordMissing
from hrmsops.gcp.sql_resources import Instance
from hrmsops.postgres.session import Target, connect
from hrmsops.sandbox.client import Client
from hrmsops.world import World
from tests.access.conftest import MakeWorld
from tests.access.planted import found_in
from tests.sandbox.cloud_sql import APP, PASSWORD

VARIABLE = 'password_env = "HRMSOPS_PASSWORD"'
SECRET = 'password_secret = "app-password"'
Keep = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a variable nor a file of the developer's own counts here."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HRMSOPS_PASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)


def pgpass(folder: Path, *lines: str) -> Path:
    file = folder / ".pgpass"
    file.write_text("".join(f"{line}\n" for line in lines))
    file.chmod(0o600)
    return file


def target(world: World, instance: Instance) -> Target:
    return world.target(instance, application_name="hrmsops test")


def who(target: Target) -> object:
    with connect(target, read_only=True) as session:
        return session.execute("SELECT session_user").fetchall()


def test_the_first_source_that_has_one_counts_and_each_lets_in(
    world_with: MakeWorld,
    instance: Instance,
    keep_secret: Keep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = pgpass(tmp_path, "# ours", f"{instance.address}:{instance.port}:hrms:*:{PASSWORD}")
    from_file = target(world_with(VARIABLE), instance)
    assert from_file.password_source == f"{file}, line 2"
    assert who(from_file) == [(APP,)]

    keep_secret("app-password", f"{PASSWORD}\n")
    from_secret = target(world_with(VARIABLE, SECRET), instance)
    place = "projects/nhia-hrms/secrets/app-password/versions/latest"
    assert from_secret.password_source == f"Secret Manager: {place}"
    assert who(from_secret) == [(APP,)]

    monkeypatch.setenv("HRMSOPS_PASSWORD", "wrong")
    from_variable = target(world_with(VARIABLE, SECRET), instance)
    with pytest.raises(DatabaseCredentialsRefused) as raised:
        connect(from_variable)
    assert "the variable HRMSOPS_PASSWORD" in raised.value.fix
    assert "wrong" not in repr(from_variable)


def test_the_administrator_and_the_applications_roles_have_sources_of_their_own(
    world_with: MakeWorld, instance: Instance, keep_secret: Keep, tmp_path: Path
) -> None:
    keep_secret("admin-password", "secret-postgres")
    keep_secret("app-password", PASSWORD)
    world = world_with(
        'admin_user = "postgres"',
        'admin_password_secret = "projects/nhia-hrms/secrets/admin-password/versions/latest"',
        'app_password_secrets = { hrms_app = "app-password" }',
    )
    assert who(world.admin_target(instance, application_name="hrmsops test")) == [("postgres",)]

    def routes(role: str, **given: str) -> tuple[Target, ...]:
        return world.routes(instance, role, passwords=given, application_name="hrmsops test")

    [by_secret] = routes(APP)
    assert who(by_secret) == [(APP,)]
    [by_revision] = routes(APP, hrms_app="what its revision has")
    assert by_revision.password_source == "the revision's own variables"
    assert routes("hrms_reports") == ()
    pgpass(tmp_path, "*:*:*:hrms_reports:known")
    assert [each.password for each in routes("hrms_reports")] == ["known"]


def test_where_none_has_one_each_says_why(
    world_with: MakeWorld, instance: Instance, tmp_path: Path
) -> None:
    with pytest.raises(PasswordMissing) as raised:
        target(world_with(VARIABLE), instance)
    assert raised.value.why == (
        "The variable HRMSOPS_PASSWORD is not set; no password_secret is configured; "
        f"there is no {tmp_path / '.pgpass'}."
    )
    assert raised.value.fix == "read -rs HRMSOPS_PASSWORD && export HRMSOPS_PASSWORD"

    file = pgpass(tmp_path, f"*:*:*:*:{PASSWORD}")
    file.chmod(0o644)
    with pytest.raises(PasswordMissing) as opened:
        target(world_with(VARIABLE), instance)
    assert opened.value.fix == f"chmod 600 {file}"
    assert PASSWORD not in opened.value.why


def test_a_login_at_an_instance_that_is_still_to_be_made_needs_more_than_the_old_ones_line(
    world_with: MakeWorld, instance: Instance, tmp_path: Path
) -> None:
    world = world_with(VARIABLE)
    pgpass(tmp_path, f"{instance.address}:*:hrms:{APP}:{PASSWORD}")
    with pytest.raises(PasswordMissing) as raised:
        world.require_login()
    assert f"no line for *:5432:hrms:{APP}" in raised.value.why
    pgpass(tmp_path, f"*:*:hrms:{APP}:{PASSWORD}")
    world.require_login()


def test_the_sandbox_logs_that_a_secret_was_kept_and_read_and_not_what_it_is(
    world_with: MakeWorld, keep_secret: Keep, sandbox: Client
) -> None:
    manager = world_with().secret_manager
    keep_secret("planted", "planted-in-the-secret-manager")

    assert manager.value(manager.version_of("planted")) == "planted-in-the-secret-manager"

    logged = (sandbox.home.logs / "requests.jsonl").read_text()
    assert all(f"/secrets/planted{call}" in logged for call in (":addVersion", "/versions/latest"))
    assert found_in((), [sandbox.home.logs], ["planted-in-the-secret-manager"]) == []


def test_a_secret_that_is_not_there_is_told_and_no_other_source_taken_for_it(
    world_with: MakeWorld, instance: Instance, tmp_path: Path
) -> None:
    pgpass(tmp_path, f"*:*:*:*:{PASSWORD}")
    with pytest.raises(ResourceMissing) as raised:
        target(world_with('password_secret = "nowhere"'), instance)
    assert "nowhere" in raised.value.what
