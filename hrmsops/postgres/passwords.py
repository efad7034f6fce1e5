"""Passwords of database roles, given so that no log shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


def set_password(session: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    """Give a role a password in the form that is stored, so that no log can ever show it."""
    from psycopg import sql

    verifier = session.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    session.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    )
