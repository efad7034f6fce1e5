"""A server for each test worker, and databases of their own for those that ask."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cloud_sql_roles import create_database, create_roles
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.differences import snapshot
from hrmsops.postgres.horizon import horizon_of
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.postgres.session import Target, Timeouts, connect
from hrmsops.sandbox.instances import User

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

LOGINS = (
    User(name="postgres", password="secret-postgres"),
    User(name="hrms_app", password="secret-app"),
    User(name="hrms_ops", password="secret-ops", member_of=("hrms_app",)),
)
LIMITS = Timeouts(
    statement=timedelta(seconds=30),
    lock=timedelta(seconds=5),
    idle_in_transaction=timedelta(minutes=5),
)
ACCOUNT = ServerAccount.of_this_process()
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A cluster with Cloud SQL's roles."""

    cluster: Cluster

    def target(self, database: str, user: str = "hrms_ops") -> Target:
        passwords = {each.name: each.password for each in LOGINS}
        return Target(
            host="127.0.0.1",
            port=self.cluster.port,
            database=database,
            user=user,
            password=passwords[user],
            application_name="hrmsops 261123-104512-7f3a",
            owner_role="hrms_app" if user == "hrms_ops" else "",
            timeouts=LIMITS,
        )

    def database(self, like: str | None = None) -> str:
        """A new database of hrms_app; with `like`, as that one is now."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        with self.cluster.connect("postgres") as session:
            if like is None:
                create_database(session, name, owner="hrms_app")
            else:
                session.execute(f"CREATE DATABASE {name} TEMPLATE {like} OWNER hrms_app".encode())
        return name


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="hrmsops-craft-") as folder:
        wanted = Path(folder) / "clusters"
        cluster = Cluster(
            ACCOUNT.folder_for(wanted) / "craft",
            binaries=find_binaries(ACCOUNT),
            account=ACCOUNT,
            password="only the tests know",
        )
        cluster.create(timeout_seconds=60)
        with cluster.connect("postgres") as session:
            create_roles(session, LOGINS)
            session.execute("ALTER SYSTEM SET max_prepared_transactions = 4")
            session.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        cluster.stop()
        cluster.start(timeout_seconds=60)
        yield Server(cluster)
        cluster.destroy()
        remove_stand_in(wanted)


Make = Callable[[str], Target]


@pytest.fixture
def make(server: Server) -> Make:
    """A new database from statements; how to reach it as hrms_ops, acting as hrms_app."""

    def made(statements: str) -> Target:
        target = server.target(server.database())
        run(target, statements)
        return target

    return made


@pytest.fixture
def clone(server: Server) -> Callable[[Target], Target]:
    """The same database once more, as a clone would be."""
    return lambda of: replace(of, database=server.database(like=of.database))


def run(target: Target, statements: str) -> None:
    """Some statements of the application, each its own transaction unless it says otherwise."""
    with connect(target) as session:
        session.execute(statements.encode())


def ask(target: Target, query: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    with connect(target, read_only=True) as session:
        return session.execute(query.encode()).fetchall()


def transaction(session: Session, statements: str) -> int:
    """Statements in one transaction; its number."""
    with session.transaction():
        row = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        session.execute(statements.encode())
    assert row
    return int(row[0])


def horizon(recovered: Target) -> int:
    """The first transaction that a recovered database does not hold."""
    with snapshot(recovered) as seen:
        return horizon_of(seen)
