"""What the agent refuses, as errors of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hrmsops.errors.agent import AgentBroken
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import (
    DatabaseRefused,
    OwnerRoleRefused,
    PoolerInTheWay,
    SessionNotAsAsked,
)
from hrmsops.errors.failure_words import SQLSTATES
from hrmsops.errors.migrate import (
    LedgerNotWritable,
    MigrationChanged,
    MigrationFailed,
    MigrationInDoubt,
    MigrationNotInCode,
    MigrationOutOfOrder,
    MigrationUnderWay,
)
from hrmsops.errors.migration_plan import (
    AppUnknown,
    HistoryInconsistent,
    MigrationsConflict,
    MigrationUnknown,
)
from hrmsops.errors.project import DatabaseAliasUnknown, NotPostgresql, ProjectNotLoadable
from hrmsops.errors.reversal import MigrationStillNeeded
from hrmsops.errors.seed import AdministratorPasswordRefused
from hrmsops.errors.trace import HistoryFails, TraceBroken

Facts = dict[str, Any]


def refused(kind: str, facts: Facts, *, address: str) -> HrmsopsError:
    """The error that the agent's `kind` stands for; AgentBroken for one of another version."""
    make = _ERRORS.get(kind)
    return make(facts, address) if make else AgentBroken(facts={"error": kind, **facts})


def migration_of(facts: Facts) -> str:
    """`app.name`."""
    return f"{facts['app']}.{facts['name']}"


def _as_told(facts: Facts) -> HrmsopsError:
    """An error that both sides have, in the words of the other one."""
    from hrmsops.errors import by_code

    kind = by_code()[facts["code"]]
    error = kind.__new__(kind)
    HrmsopsError.__init__(error, what=facts["what"], why=facts["why"], fix=facts["fix"])
    return error


_ERRORS: dict[str, Callable[[Facts, str], HrmsopsError]] = {
    "alias-unknown": lambda f, _: DatabaseAliasUnknown(alias=f["alias"], known=tuple(f["known"])),
    "not-postgresql": lambda f, _: NotPostgresql(alias=f["alias"], vendor=f["vendor"]),
    "not-connected": lambda f, address: DatabaseRefused(address=address, said=f["said"]),
    "pooler": lambda _, address: PoolerInTheWay(address=address),
    "role": lambda f, _: OwnerRoleRefused(
        user="the login",
        owner_role=f["role"],
        said=SQLSTATES.get(f["sqlstate"], f"SQLSTATE {f['sqlstate']}"),
    ),
    "session": lambda f, address: SessionNotAsAsked(
        address=address, differing=tuple(f["differing"])
    ),
    "locked": lambda f, _: MigrationUnderWay(**f),
    "ledger": lambda f, _: LedgerNotWritable(role=f["role"], sqlstate=f["sqlstate"]),
    "migration-missing": lambda f, _: MigrationNotInCode(migration=migration_of(f)),
    "out-of-order": lambda f, _: MigrationOutOfOrder(
        migration=migration_of(f), before=tuple(f["before"])
    ),
    "still-needed": lambda f, _: MigrationStillNeeded(migration=migration_of(f), by=tuple(f["by"])),
    "code-changed": lambda f, _: MigrationChanged(migration=migration_of(f)),
    "failed": lambda f, _: MigrationFailed(migration=migration_of(f), facts=f),
    "in-doubt": lambda f, _: MigrationInDoubt(
        migration=migration_of(f), operation=f["operation"], facts=f
    ),
    "conflicts": lambda f, _: MigrationsConflict(conflicts=f["conflicts"]),
    "inconsistent": lambda f, _: HistoryInconsistent(said=f["said"]),
    "app-unknown": lambda f, _: AppUnknown(app=f["app"], known=tuple(f["known"])),
    "migration-unknown": lambda f, _: MigrationUnknown(
        app=f["app"], name=f["name"], near=tuple(f["near"]), known=tuple(f["known"])
    ),
    "project": lambda f, _: ProjectNotLoadable(error=f["error"], said=f["said"]),
    "password": lambda f, _: AdministratorPasswordRefused(problems=tuple(f["problems"])),
    "backfill": lambda f, _: _as_told(f),
    "trace-unprepared": lambda f, _: HistoryFails(migration=migration_of(f), facts=f),
    "trace-broken": lambda f, _: TraceBroken(facts=f),
    "broken": lambda f, _: AgentBroken(facts=f),
}
