"""Django's record of migrations and the ledger's, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.django_record import recorded_migrations
from hrmsops.postgres.ledger import APPLIED, REVERSED, LedgerEntry, half_applied, read_ledger
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect


@dataclass(frozen=True, kw_only=True)
class AppliedMigration:
    """One migration. `run` and what follows are "" where somebody else applied it."""

    app: str
    name: str
    state: str
    """`applied`, `half applied` for what has no transaction and did not come to its end, or
    `taken back`."""
    applied_at: datetime | None
    """When Django recorded it, None while it is half applied and once it is taken back."""
    started_at: datetime | None
    run: str = ""
    operator: str = ""
    image: str = ""
    commit: str = ""
    xid: int | None = None


def read_history(target: Target) -> tuple[AppliedMigration, ...]:
    """What is applied in the order of its application, then what is half applied or taken back."""
    with (
        connect(target, read_only=True) as session,
        plainly(StatementFailed, address=target.address),
    ):
        entries = read_ledger(session)
        reverses = read_ledger(session, reverses=True)
        applied = {each.migration: each for each in entries if each.outcome == APPLIED}
        recorded = [
            (app, name, moment.astimezone(UTC))
            for app, name, moment in recorded_migrations(session)
        ]
    known = {f"{app}.{name}" for app, name, _ in recorded}
    whole = [_of(app, name, moment, applied.get(f"{app}.{name}")) for app, name, moment in recorded]
    half = [
        _of(each.app, each.name, None, each)
        for each in half_applied(entries)
        if each.migration not in known
    ]
    gone = {each.migration: each for each in reverses if each.outcome == REVERSED}
    back = [_of(e.app, e.name, None, e) for name, e in gone.items() if name not in known]
    return (*whole, *half, *back)


def _of(
    app: str, name: str, applied_at: datetime | None, entry: LedgerEntry | None
) -> AppliedMigration:
    is_back = entry is not None and entry.outcome == REVERSED
    state = APPLIED if applied_at else "taken back" if is_back else "half applied"
    if entry is None:
        return AppliedMigration(
            app=app, name=name, state=state, applied_at=applied_at, started_at=None
        )
    return AppliedMigration(
        app=app,
        name=name,
        state=state,
        applied_at=applied_at,
        started_at=entry.started_at.astimezone(UTC),
        run=entry.run,
        operator=entry.operator,
        image=entry.image,
        commit=entry.commit,
        xid=entry.xid,
    )
