"""A session is as it was asked for, or it is not there, and the reason is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from hrmsops.errors.database import (
    DatabaseCredentialsRefused,
    DatabaseFull,
    DatabaseMissing,
    DatabaseRefused,
    DatabaseStartingUp,
    DatabaseUnreachable,
    OwnerRoleRefused,
    PoolerInTheWay,
    RoleFenced,
)
from hrmsops.postgres.ports import free_port
from hrmsops.postgres.refusals import refusal
from hrmsops.postgres.session import Target, Timeouts, connect
from tests.postgres.conftest import Make, Server
from tests.postgres.relay import pooler


@pytest.fixture
def target(make: Make) -> Target:
    return make("CREATE TABLE t (id int PRIMARY KEY)")


def test_a_session_has_its_timeouts_name_and_role(target: Target) -> None:
    with connect(target) as session:
        settings = {
            name: session.execute(f"SHOW {name}".encode()).fetchone()
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "application_name",
                "timezone",
            )
        }
        role = session.execute("SELECT current_user, session_user").fetchone()

    assert [each and each[0] for each in settings.values()] == [
        "30s",
        "5s",
        "5min",
        "hrmsops 261123-104512-7f3a",
        "UTC",
    ]
    assert role == ("hrms_app", "hrms_ops")


def test_a_read_only_session_writes_nothing(target: Target) -> None:
    with (
        connect(target, read_only=True) as session,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        session.execute("INSERT INTO t VALUES (1)")


def test_no_variable_of_the_shell_has_a_say(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1")
    monkeypatch.setenv("PGSSLMODE", "require")

    with connect(target) as session:
        assert session.execute("SHOW statement_timeout").fetchone() == ("30s",)


def test_a_password_shows_nowhere(target: Target) -> None:
    assert "secret" not in repr(target)
    assert "secret" not in str(target)


def test_a_port_where_nobody_listens_is_the_networks(target: Target) -> None:
    with pytest.raises(DatabaseUnreachable) as raised:
        connect(replace(target, port=free_port()))

    assert raised.value.why == "Connection refused"


def test_a_name_that_leads_nowhere_is_the_networks(target: Target) -> None:
    with pytest.raises(DatabaseUnreachable):
        connect(replace(target, host="nowhere.invalid"))


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"user": "nobody"}])
def test_a_wrong_login_is_told_from_a_network(target: Target, change: dict[str, str]) -> None:
    with pytest.raises(DatabaseCredentialsRefused):
        connect(replace(target, **change))  # type: ignore[arg-type]


def test_a_database_that_is_not_there_is_named(target: Target) -> None:
    with pytest.raises(DatabaseMissing) as raised:
        connect(replace(target, database="payrol"))

    assert raised.value.what.startswith("There is no database payrol at 127.0.0.1:")


def test_a_role_that_may_not_log_in_is_fenced(server: Server, target: Target) -> None:
    with server.cluster.connect("postgres") as session:
        session.execute("CREATE ROLE closed NOLOGIN PASSWORD 'closed'")
    try:
        with pytest.raises(RoleFenced):
            connect(replace(target, user="closed", password="closed", owner_role=""))
    finally:
        with server.cluster.connect("postgres") as session:
            session.execute("DROP ROLE closed")


def test_a_role_that_is_not_ours_to_take_is_refused(target: Target) -> None:
    with pytest.raises(OwnerRoleRefused):
        connect(replace(target, owner_role="cloudsqladmin"))


def test_a_pooler_is_refused_before_anything_is_set(target: Target) -> None:
    with pooler(target.port) as port, pytest.raises(PoolerInTheWay):
        connect(replace(target, port=port))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("FATAL:  the database system is starting up", DatabaseStartingUp),
        ("FATAL:  the database system is in recovery mode", DatabaseStartingUp),
        ("FATAL:  sorry, too many clients already", DatabaseFull),
        ('FATAL:  permission denied for database "hrms"', DatabaseRefused),
        ("timeout expired", DatabaseUnreachable),
    ],
)
def test_what_a_server_says_has_its_own_error(said: str, kind: type[Exception]) -> None:
    text = f'connection failed: connection to server at "10.0.0.3", port 5432 failed: {said}'

    error = refusal(text, address="10.0.0.3:5432", user="hrms_ops", database="hrms")

    assert type(error) is kind
    assert said.removeprefix("FATAL:  ") in error.why


def test_zero_is_no_limit(target: Target) -> None:
    none = timedelta(0)
    limits = Timeouts(statement=none, lock=none, idle_in_transaction=none)
    with connect(replace(target, timeouts=limits)) as session:
        assert session.execute("SHOW statement_timeout").fetchone() == ("0",)
