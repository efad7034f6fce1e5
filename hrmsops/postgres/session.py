"""The one way to a database: a session with timeouts, a name and a role, all read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import OwnerRoleRefused, PoolerInTheWay, SessionNotAsAsked
from hrmsops.postgres.refusals import refusal

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS_MAX = 10

# How values are written as text must be the same in every session: rows are compared that way.
_WRITTEN_ALIKE = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "row_security": "off",  # An error instead of rows that are silently missing.
}


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """The longest that a statement runs, waits for a lock, and leaves a transaction idle.

    Zero is no limit.
    """

    statement: timedelta
    lock: timedelta
    idle_in_transaction: timedelta


class Way(Protocol):
    """What leads from `host` and `port` to a database that has no address here."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...

    @property
    def is_encrypted(self) -> bool:
        """Whether what goes through it is encrypted on its way, whatever the database offers."""
        ...

    @property
    def address(self) -> str:
        """The database's own address, for people."""
        ...

    @property
    def trouble(self) -> HrmsopsError | None:
        """Why the last connection did not get through; None where it did."""
        ...

    def open(self) -> None:
        """Return once it leads there; raises HrmsopsError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Target:
    """A database, and how to log in to it; the password shows in no representation."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    password_source: str = ""
    """Where it is to be mended, for people."""
    fresh_password: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    """Asked at each connection in its place, where a password expires."""
    application_name: str
    """`hrmsops RUN`: seen in pg_stat_activity and in the server's log."""
    timeouts: Timeouts
    owner_role: str = ""
    """SET ROLE after connecting; empty stays the login."""
    sslmode: str = "prefer"
    way: Way | None = field(default=None, repr=False, compare=False)
    """Opened before the first session; None where host and port are the database's own."""

    @property
    def address(self) -> str:
        """`HOST:PORT`, for people."""
        return self.way.address if self.way else f"{self.host}:{self.port}"


def connect(target: Target, *, read_only: bool = False) -> Session:
    """A session in autocommit, as `target` asks for it; close it, best by `with`.

    Raises what the target's way raises; DatabaseUnreachable, DatabaseCredentialsRefused,
    RoleFenced, DatabaseMissing, DatabaseStartingUp, DatabaseFull, DatabaseRefused; PoolerInTheWay,
    OwnerRoleRefused, SessionNotAsAsked: the session is closed then.
    """
    session = _open(target)
    try:
        # Before anything is set: through a pooler it would reach other clients.
        _refuse_pooler(session, target)
        _prepare(session, target, read_only=read_only)
    except BaseException:
        session.close()
        raise
    return session


def _open(target: Target) -> Session:
    import psycopg

    if target.way:
        target.way.open()
    try:
        # Everything is said, so that no PG… variable of the shell has a say.
        return psycopg.connect(
            host=target.host,
            port=target.port,
            dbname=target.database,
            user=target.user,
            password=target.fresh_password() if target.fresh_password else target.password,
            application_name=target.application_name,
            connect_timeout=CONNECT_SECONDS_MAX,
            client_encoding="UTF8",
            options="",
            sslmode=target.sslmode,
            gssencmode="disable",
            target_session_attrs="any",
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        if target.way and target.way.trouble:
            raise target.way.trouble from error
        raise refusal(
            str(error),
            address=target.address,
            user=target.user,
            database=target.database,
            source=target.password_source,
        ) from error


def _refuse_pooler(session: Session, target: Target) -> None:
    """A pooler makes up the process id of its greeting (BackendKeyData) in every pool mode."""
    row = session.execute("SELECT pg_backend_pid()").fetchone()
    if row is None or row[0] != session.info.backend_pid:
        raise PoolerInTheWay(address=target.address)


def _prepare(session: Session, target: Target, *, read_only: bool) -> None:
    """Set everything, then read everything back."""
    import psycopg

    asked = _settings(target, read_only=read_only)
    session.execute(
        "SELECT set_config(name, value, false)"
        " FROM unnest(%s::text[], %s::text[]) AS asked(name, value)",
        [list(asked), list(asked.values())],
    )
    role = target.owner_role or target.user
    if target.owner_role:
        try:
            session.execute("SELECT set_config('role', %s, false)", [target.owner_role])
        except psycopg.Error as error:
            raise OwnerRoleRefused(
                user=target.user, owner_role=role, said=error.diag.message_primary or str(error)
            ) from error
    found: dict[str, str] = dict(
        session.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
            " UNION ALL SELECT 'current_user', current_user",
            [list(asked)],
        ).fetchall()
    )
    wanted = asked | {"current_user": role}
    differing = tuple(
        f"{name} is {found.get(name)}, not {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    )
    if differing:
        raise SessionNotAsAsked(address=target.address, differing=differing)


def _settings(target: Target, *, read_only: bool) -> dict[str, str]:
    limits = target.timeouts
    return _WRITTEN_ALIKE | {
        "statement_timeout": _milliseconds(limits.statement),
        "lock_timeout": _milliseconds(limits.lock),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle_in_transaction),
        "application_name": target.application_name,
        "default_transaction_read_only": "on" if read_only else "off",
    }


def _milliseconds(limit: timedelta) -> str:
    return str(limit // timedelta(milliseconds=1))
