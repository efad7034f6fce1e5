"""Cloud SQL's roles: one true superuser that no client is, and those that clients are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, LiteralString, Protocol

from hrmsops.postgres.passwords import set_password

if TYPE_CHECKING:
    import psycopg

CLIENTS = "cloudsqlsuperuser"
ADMINISTRATOR = "postgres"
IAM_USERS, IAM_SERVICE_ACCOUNTS = "cloudsqliamuser", "cloudsqliamserviceaccount"
"""The groups of those who log in with a token of Google's."""


class Login(Protocol):
    """A role that can log in."""

    @property
    def name(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def member_of(self) -> Sequence[str]: ...


def create_roles(session: psycopg.Connection[tuple[object, ...]], logins: Sequence[Login]) -> None:
    """Make `cloudsqlsuperuser`, `postgres`, and the roles in `logins`: none of them is superuser.

    `postgres` without a place in `logins` has no password and cannot log in. As on Cloud SQL it may
    alter every other role: from version 16 on that takes the ADMIN option.
    """
    _run(session, "CREATE ROLE {} NOLOGIN NOSUPERUSER CREATEDB CREATEROLE", CLIENTS)
    _run(session, "GRANT pg_monitor, pg_signal_backend TO {}", CLIENTS)
    _run(session, "CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB CREATEROLE", ADMINISTRATOR)
    others = [login for login in logins if login.name != ADMINISTRATOR]
    for login in others:
        _run(session, "CREATE ROLE {} LOGIN NOSUPERUSER", login.name)
        if session.info.server_version >= 160_000:
            grant = "GRANT {} TO {} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
            _run(session, grant, login.name, ADMINISTRATOR)
    for name in (ADMINISTRATOR, *(login.name for login in others)):
        _run(session, "GRANT {} TO {}", CLIENTS, name)
    for login in logins:
        set_password(session, login.name, login.password)
        for group in login.member_of:
            _run(session, "GRANT {} TO {}", group, login.name)


def create_database(
    session: psycopg.Connection[tuple[object, ...]], name: str, *, owner: str
) -> None:
    """Make a database that belongs to an application's role."""
    _run(session, "CREATE DATABASE {} OWNER {}", name, owner)


def _run(
    session: psycopg.Connection[tuple[object, ...]], statement: LiteralString, *names: str
) -> None:
    from psycopg import sql

    session.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
