"""What a fence found, written on the role itself in the transaction that closed it.

As the role's comment: from version 15 on only a superuser may put a setting of his own on a role.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_PREFIX = "hrmsops fence: "


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The role before the fence."""

    run: str
    could_log_in: bool
    comment: str | None
    """The comment that the mark took the place of."""


def read_marks(session: Session, roles: Sequence[str]) -> dict[str, Mark]:
    """The marks on those of `roles` that have one."""
    rows = session.execute(
        "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ANY(%s)",
        [list(roles)],
    )
    return {
        role: Mark(**json.loads(comment.removeprefix(_PREFIX)))
        for role, comment in rows
        if comment and comment.startswith(_PREFIX)
    }


def mark(session: Session, role: str, *, run: str, could_log_in: bool) -> None:
    """Write down what was found on a role that has no mark."""
    row = session.execute(
        "SELECT shobj_description(%s::regrole, 'pg_authid')", [_quoted(role)]
    ).fetchone()
    found = Mark(run=run, could_log_in=could_log_in, comment=row[0] if row else None)
    _comment(session, role, _PREFIX + json.dumps(asdict(found)))


def unmark(session: Session, role: str, found: Mark) -> None:
    """Put back the comment that was there before."""
    _comment(session, role, found.comment)


def _comment(session: Session, role: str, text: str | None) -> None:
    from psycopg import sql

    session.execute(
        sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role), sql.Literal(text))
    )


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
