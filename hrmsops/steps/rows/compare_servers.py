"""Hold a recovered server against the old one: its room, and who may log in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, LiteralString

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cutover import CloneTooSmall
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Target

# A role that a fence has closed counts as one that may log in: the fence is lifted or dropped.
_LOGINS: LiteralString = """
    SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname NOT LIKE 'cloudsql%%'
    AND (rolcanlogin OR shobj_description(oid, 'pg_authid') LIKE 'hrmsops fence:%%') ORDER BY 1
"""
_ROOM: LiteralString = """
    SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)
    FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections')
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """What a server takes: connections, and whose."""

    room: int
    logins: tuple[str, ...]


class CompareServers(Step[World], frozen=True, kw_only=True):
    """Refuse a server with less room than the old one; list roles that come back or are missing.

    Where the old one cannot be asked, the new one's room is told and nothing is refused.
    """

    name: ClassVar[str] = "compare-servers"
    changes: ClassVar[bool] = False

    instance: str
    source: str
    accept_too_small: bool

    def sentence(self) -> str:
        return f"Compare its room and its logins with those of {self.source}"

    def apply(self, world: World, run: Run) -> Result:
        new = server_at(target(world, run, self.instance))
        try:
            old = server_at(target(world, run, self.source))
        except HrmsopsError as error:
            told = f"not compared with {self.source}: {error.what}"
            return {"room": new.room, "findings": [f"room for {new.room} connections", told]}
        if new.room < old.room and not self.accept_too_small:
            raise CloneTooSmall(instance=self.instance, has=new.room, needed=old.room)
        return {
            "room": new.room,
            "room_before": old.room,
            "logins_back": sorted(set(new.logins) - set(old.logins)),
            "logins_missing": sorted(set(old.logins) - set(new.logins)),
            "findings": list(_findings(old, new)),
        }


def server_at(there: Target) -> Server:
    """Ask a server for its room and its logins."""
    from hrmsops.errors.database import StatementFailed
    from hrmsops.postgres.refusals import plainly
    from hrmsops.postgres.session import connect

    with (
        connect(there, read_only=True) as session,
        plainly(StatementFailed, address=there.address),
    ):
        logins = tuple(str(name) for (name,) in session.execute(_LOGINS, []))
        row = session.execute(_ROOM).fetchone()
    assert row, "An aggregate has one row."
    return Server(room=int(row[0]), logins=logins)


def _findings(old: Server, new: Server) -> tuple[str, ...]:
    back = sorted(set(new.logins) - set(old.logins))
    missing = sorted(set(old.logins) - set(new.logins))
    found = [f"room for {new.room} connections, {old.room} before"]
    found += [f"{role} may log in again: it was taken away since" for role in back]
    found += [f"{role} is not there: it was made since" for role in missing]
    return tuple(found)
