"""A fence lets no write through, proves it, and goes away without a trace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg
import pytest

from hrmsops.errors.database import RoleFenced
from hrmsops.errors.recovery import (
    FenceHeldOpen,
    FenceNotProven,
    FenceWouldLockOut,
    RoleUnknown,
)
from hrmsops.postgres.fence import Fence, fence, is_fenced, unfence
from hrmsops.postgres.session import Target, connect
from tests.postgres.conftest import Make, Server, ask

RUN = "261123-104512-7f3a"


@dataclass
class Old:
    """A database to be fenced, with a role of its own for the application."""

    admin: Target
    app: Target
    reader: Target

    def fence(self, **changes: object) -> Fence:
        words = {
            "roles": [self.app.user],
            "reader": self.reader,
            "routes": lambda role: [self.app],
            "run": RUN,
            "patience": timedelta(seconds=10),
        }
        return fence(self.admin, **(words | changes))  # type: ignore[arg-type]


@pytest.fixture
def old(server: Server, make: Make) -> Iterator[Old]:
    reader = make("CREATE TABLE t (id serial PRIMARY KEY); GRANT ALL ON t, t_id_seq TO PUBLIC")
    name = f"app_{reader.database}"
    with server.cluster.connect("postgres") as session:
        session.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'app'".encode())
        if session.info.server_version >= 160_000:
            session.execute(f"GRANT {name} TO postgres WITH ADMIN TRUE".encode())
        session.execute(f"COMMENT ON ROLE {name} IS 'the application'".encode())
    admin = server.target(reader.database, "postgres")
    yield Old(admin, replace(reader, user=name, password="app", owner_role=""), reader)
    with server.cluster.connect(reader.database) as session:
        session.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def test_no_write_comes_through_while_writers_never_stop(old: Old) -> None:
    stop, writes = threading.Event(), []

    def writer() -> None:
        while not stop.is_set():
            with suppress(psycopg.Error, RoleFenced), connect(old.app) as session:
                while not stop.is_set():
                    session.execute("INSERT INTO t DEFAULT VALUES")
                    writes.append(1)

    threads = [threading.Thread(target=writer) for _ in range(3)]
    for each in threads:
        each.start()
    while len(writes) < 20:
        pass

    stands = old.fence()
    at_fence = ask(old.reader, "SELECT count(*) FROM t")
    with pytest.raises(RoleFenced):
        connect(old.app)
    after = ask(old.reader, "SELECT count(*) FROM t")
    stop.set()
    for each in threads:
        each.join()

    assert stands.is_complete
    assert stands.sessions_ended >= 1
    assert stands.proofs == (f"{old.app.user} at {old.app.address}",)
    assert at_fence == after == ask(old.reader, "SELECT count(*) FROM t")


def test_unfencing_gives_back_exactly_what_was_found(old: Old) -> None:
    old.fence()
    (closed,) = is_fenced(old.admin, [old.app.user])
    old.fence(run="261123-110000-0000")

    (opened,) = unfence(old.admin, [old.app.user])
    unfence(old.admin, [old.app.user])

    assert not closed.can_log_in
    assert closed.mark
    assert closed.mark.run == RUN
    assert opened.can_log_in
    assert opened.mark is None
    comment = ask(
        old.reader,
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles"
        f" WHERE rolname = '{old.app.user}'",
    )
    assert comment == [("the application",)]
    connect(old.app).close()


def test_a_role_that_could_not_log_in_before_cannot_afterwards(old: Old, server: Server) -> None:
    with server.cluster.connect("postgres") as session:
        session.execute(f"ALTER ROLE {old.app.user} NOLOGIN".encode())

    old.fence()
    (after,) = unfence(old.admin, [old.app.user])

    assert not after.can_log_in


def test_a_wrong_password_proves_nothing(old: Old) -> None:
    wrong = replace(old.app, password="guess")

    with pytest.raises(FenceNotProven) as raised:
        old.fence(routes=lambda role: [wrong])

    assert "database-credentials-refused" in raised.value.why


def test_a_role_without_a_route_to_try_is_not_proven(old: Old) -> None:
    with pytest.raises(FenceNotProven):
        old.fence(routes=lambda role: [])


def test_a_route_that_lets_somebody_in_is_named(old: Old) -> None:
    with pytest.raises(FenceNotProven) as raised:
        old.fence(routes=lambda role: [old.app, old.reader])

    assert raised.value.why == f"{old.app.user} at {old.reader.address}: it was let in"


def test_the_reader_is_never_locked_out(old: Old) -> None:
    with pytest.raises(FenceWouldLockOut):
        old.fence(roles=[old.app.user, "hrms_ops"])

    assert is_fenced(old.admin, [old.app.user])[0].can_log_in


def test_an_unknown_role_closes_nobody(old: Old) -> None:
    with pytest.raises(RoleUnknown):
        old.fence(roles=[old.app.user, "hrms_web"])

    assert is_fenced(old.admin, [old.app.user])[0].can_log_in


def test_members_of_a_closed_role_are_named(old: Old, server: Server) -> None:
    with server.cluster.connect("postgres") as session:
        session.execute(f"GRANT {old.app.user} TO hrms_ops".encode())

    assert old.fence().members == ("hrms_ops",)


def test_a_prepared_transaction_holds_the_fence_open(old: Old, server: Server) -> None:
    with connect(old.app) as session:
        session.execute("BEGIN; INSERT INTO t DEFAULT VALUES")
        session.execute("PREPARE TRANSACTION 'payroll'")
    try:
        with pytest.raises(FenceHeldOpen) as raised:
            old.fence(patience=timedelta(seconds=0.2))
    finally:
        with server.cluster.connect(old.reader.database) as session:
            session.execute("ROLLBACK PREPARED 'payroll'")

    assert f"payroll of {old.app.user}" in raised.value.why
    assert old.fence().is_complete
