"""What a failed attempt to connect means: network, credentials, database or server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import (
    DatabaseCredentialsRefused,
    DatabaseFull,
    DatabaseMissing,
    DatabaseRefused,
    DatabaseStartingUp,
    DatabaseUnreachable,
    RoleFenced,
)

# libpq hands out no SQLSTATE for a session that never began, only the text; Cloud SQL's is English.
_FENCED = re.compile(r"is not permitted to log in")
_CREDENTIALS = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry"
    r"|pg_hba\.conf rejects|role \".*\" does not exist"
)
_MISSING = re.compile(r"database \".*\" does not exist")
_STARTING = re.compile(r"the database system is |terminating connection due to administrator")
_FULL = re.compile(r"too many (clients|connections)|remaining connection slots")
_ANSWERED = re.compile(r"(?:FATAL|ERROR):\s+(.*)")


def refusal(text: str, *, address: str, user: str, database: str, source: str = "") -> HrmsopsError:
    """The error that libpq's text stands for; `source` is where the password came from."""
    answered = _ANSWERED.search(text)
    said = answered[1].strip() if answered else _last_words(text)
    if _FENCED.search(text):
        return RoleFenced(user=user, address=address)
    if _CREDENTIALS.search(text):
        return DatabaseCredentialsRefused(user=user, address=address, said=said, source=source)
    if _MISSING.search(text):
        return DatabaseMissing(database=database, address=address)
    if _STARTING.search(text):
        return DatabaseStartingUp(address=address, said=said)
    if _FULL.search(text):
        return DatabaseFull(address=address, said=said)
    if answered:
        return DatabaseRefused(address=address, said=said)
    return DatabaseUnreachable(address=address, said=said)


class Ended(Protocol):
    """An error that stands for a statement that the database ended."""

    def __call__(self, *, address: str, sqlstate: str | None, kind: str) -> HrmsopsError: ...


@contextmanager
def plainly(error: Ended, *, address: str) -> Iterator[None]:
    """What psycopg raises inside, as an error of ours: by its code, as its text can quote a row."""
    import psycopg

    try:
        yield
    except psycopg.Error as raised:
        kind = type(raised).__name__
        raise error(address=address, sqlstate=raised.sqlstate, kind=kind) from raised


def _last_words(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "no reason was given"
    return first.rpartition(" failed: ")[2].strip() or first
