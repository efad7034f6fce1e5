"""A fence around a superseded database: its roles closed, their sessions ended, and that proven."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, LiteralString

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import RoleFenced, StatementFailed
from hrmsops.errors.recovery import (
    FenceHeldOpen,
    FenceNotProven,
    FenceWouldLockOut,
    RoleUnknown,
)
from hrmsops.postgres.fence_marks import Mark, mark, read_marks, unmark
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

POLL_SECONDS = 0.05

Routes = Callable[[str], Sequence[Target]]
"""Every way in which a role could log in, with its true password; more than one for a proxy."""

_SESSIONS: LiteralString = """
    SELECT pid FROM pg_stat_activity WHERE usename = ANY(%s) AND pid <> pg_backend_pid()
"""
_PREPARED: LiteralString = """
    SELECT gid || ' of ' || owner FROM pg_prepared_xacts WHERE owner = ANY(%s) ORDER BY prepared
"""
# Members inherit what a closed role owns, and can go on writing with a login of their own.
_MEMBERS: LiteralString = """
    SELECT m.rolname FROM pg_roles m WHERE m.rolcanlogin AND NOT m.rolsuper
    AND m.rolname <> ALL(%(roles)s)
    AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ANY(%(roles)s)
                AND pg_has_role(m.oid, r.oid, 'MEMBER'))
    ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class RoleState:
    """One application role as it is now."""

    role: str
    can_log_in: bool
    sessions: int
    mark: Mark | None
    """What a fence wrote down when it closed the role; None where none did."""


@dataclass(frozen=True, kw_only=True)
class Fence:
    """A fence that stands, as it was proven."""

    roles: tuple[RoleState, ...]
    sessions_ended: int
    proofs: tuple[str, ...]
    """`ROLE at HOST:PORT` for each attempt that failed for the right reason."""
    members: tuple[str, ...]
    """Other logins that are members of a closed role: hrmsops's own, else people to be told."""

    @property
    def is_complete(self) -> bool:
        """Every role closed, no session left, and at least one proof for each."""
        proven = {proof.partition(" at ")[0] for proof in self.proofs}
        return all(not each.can_log_in and not each.sessions for each in self.roles) and all(
            each.role in proven for each in self.roles
        )


def fence(
    admin: Target,
    roles: Sequence[str],
    *,
    reader: Target,
    routes: Routes,
    run: str,
    patience: timedelta,
) -> Fence:
    """Close `roles`, end their sessions, wait for their prepared transactions, prove it.

    `admin` may alter the roles (Cloud SQL's `postgres`); `reader` is who reads the database
    afterwards, tried before and after. What was found is written on the roles in the transaction
    that closes them, for `unfence`; to fence again is fine. Raises FenceWouldLockOut, RoleUnknown
    (nothing changed), FenceHeldOpen, FenceNotProven, and the errors of `connect`.
    """
    for needed in (admin.user, reader.user):
        if needed in roles:
            raise FenceWouldLockOut(role=needed)
    connect(reader, read_only=True).close()
    with connect(admin) as session, plainly(StatementFailed, address=admin.address):
        _close(session, admin, roles, run=run)
        ended = _end_sessions(session, roles, deadline=time.monotonic() + patience.total_seconds())
        proofs = prove(roles, routes)
        # Whoever was logging in while its role was closed is inside only now.
        ended += _end_sessions(session, roles, deadline=time.monotonic() + patience.total_seconds())
        connect(reader, read_only=True).close()
        return Fence(
            roles=_states(session, roles),
            sessions_ended=ended,
            proofs=proofs,
            members=_members(session, [*roles, admin.user]),
        )


def is_fenced(admin: Target, roles: Sequence[str]) -> tuple[RoleState, ...]:
    """Each role as it is now; a fence stands where none can log in and none has a session."""
    with connect(admin, read_only=True) as session:
        return _states(session, roles)


def unfence(admin: Target, roles: Sequence[str]) -> tuple[RoleState, ...]:
    """Give each role back what the fence found: its login, and its comment.

    A role without a fence's mark is left alone, so to unfence again is fine.
    """
    from psycopg import sql

    with (
        connect(admin) as session,
        plainly(StatementFailed, address=admin.address),
        session.transaction(),
    ):
        for role, found in read_marks(session, roles).items():
            if found.could_log_in:
                session.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(role)))
            unmark(session, role, found)
    return is_fenced(admin, roles)


def prove(roles: Sequence[str], routes: Routes) -> tuple[str, ...]:
    """Try to log in as each role by each route: all must fail, as the role may not log in.

    Raises FenceNotProven with what else happened, a success above all.
    """
    proofs, findings = [], []
    for role in roles:
        ways = routes(role)
        if not ways:
            findings.append(f"{role}: no route was given to try")
        for way in ways:
            if finding := _attempt(way):
                findings.append(f"{role} at {way.address}: {finding}")
            else:
                proofs.append(f"{role} at {way.address}")
    if findings:
        raise FenceNotProven(findings=tuple(findings))
    return tuple(proofs)


def _attempt(way: Target) -> str:
    """Empty when the server said that the role may not log in, else what happened."""
    try:
        connect(way, read_only=True).close()
    except RoleFenced:
        return ""
    except HrmsopsError as error:
        return f"{error.code} ({error.why})"
    return "it was let in"


def _close(session: Session, admin: Target, roles: Sequence[str], *, run: str) -> None:
    from psycopg import sql

    with session.transaction():
        found: dict[str, bool] = dict(
            session.execute(
                "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = ANY(%s)", [list(roles)]
            ).fetchall()
        )
        if missing := tuple(role for role in roles if role not in found):
            raise RoleUnknown(roles=missing, address=admin.address)
        marked = read_marks(session, roles)
        for role in roles:
            if role not in marked:
                mark(session, role, run=run, could_log_in=found[role])
            session.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _end_sessions(session: Session, roles: Sequence[str], *, deadline: float) -> int:
    """End the roles' sessions until none is left; how many were. Raises FenceHeldOpen."""
    ended: set[int] = set()
    while True:
        pids = [pid for (pid,) in session.execute(_SESSIONS, [list(roles)])]
        prepared = [name for (name,) in session.execute(_PREPARED, [list(roles)])]
        if not pids and not prepared:
            return len(ended)
        ended.update(pids)
        session.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS p(pid)", [pids])
        if time.monotonic() > deadline:
            raise FenceHeldOpen(sessions=len(pids), prepared=tuple(prepared))
        time.sleep(POLL_SECONDS)


def _states(session: Session, roles: Sequence[str]) -> tuple[RoleState, ...]:
    marks = read_marks(session, roles)
    rows = session.execute(
        "SELECT r.rolname, r.rolcanlogin, (SELECT count(*) FROM pg_stat_activity s"
        " WHERE s.usesysid = r.oid AND s.pid <> pg_backend_pid())"
        " FROM pg_roles r WHERE r.rolname = ANY(%s) ORDER BY 1",
        [list(roles)],
    )
    return tuple(
        RoleState(role=role, can_log_in=can, sessions=count, mark=marks.get(role))
        for role, can, count in rows
    )


def _members(session: Session, roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for (name,) in session.execute(_MEMBERS, {"roles": list(roles)}))
