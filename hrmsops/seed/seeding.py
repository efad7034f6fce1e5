"""A seed from end to end: looked at, or written in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.engine.jitter import jitter
from hrmsops.errors.seed import DatabaseIsProduction
from hrmsops.errors.seed_writing import SeedLocked, SeedOutdated, SeedRefused, SeedRowsHidden
from hrmsops.seed import difference as states
from hrmsops.seed import records
from hrmsops.seed.catalogue import ADMINISTRATOR
from hrmsops.seed.comparing import compare, forget_comparison, is_kept
from hrmsops.seed.difference import Difference
from hrmsops.seed.fitting import Texts
from hrmsops.seed.mapped import Mapped, in_order
from hrmsops.seed.parents import require_parents
from hrmsops.seed.refusing import told
from hrmsops.seed.remembering import remember
from hrmsops.seed.staging import Extra, relation, stage
from hrmsops.seed.writing import require_kept, write

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

ATTEMPT = timedelta(milliseconds=300)
"""How long others could wait behind one of our attempts at the tables."""
AGAIN = ("55P03", "40P01")


@dataclass(frozen=True, kw_only=True)
class Due:
    """One table to seed: where it goes, and its rows as PostgreSQL reads them.

    `extra` is what new rows get beside the data; empty while one only looks.
    """

    mapped: Mapped
    rows: Sequence[Texts]
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which run seeds what, as it is written down in the database."""

    run: str
    operator: str
    environment: str
    kind: str
    instance: str


def look(session: Session, due: Sequence[Due], *, overwrite: bool) -> tuple[Difference, ...]:
    """What would be written; nothing is. Raises what `write_all` raises before it writes."""
    with told([each.mapped for each in due]), session.transaction(force_rollback=True):
        return tuple(_compared(session, due, overwrite=overwrite).values())


def write_all(
    session: Session,
    due: Sequence[Due],
    origin: Origin,
    *,
    overwrite: bool,
    shown: Mapping[str, str],
    patience: timedelta,
    on_wait: Callable[[int], None],
) -> None:
    """Write what is due in one transaction, if it is what `shown` names, table by table.

    The tables are locked against other writers meanwhile, in short attempts for `patience`.
    Raises SeedOutdated, SeedLocked, SeedKeysTwice, SeedParentsMissing, SeedRefused, SeedNotKept,
    SeedTableAbsent, SeedRowsHidden, DatabaseIsProduction: nothing was written then.
    """
    import psycopg

    began, attempts = time.monotonic(), 0
    while True:
        attempts += 1
        try:
            with told([each.mapped for each in due]), session.transaction():
                _write(session, due, origin, overwrite=overwrite, shown=shown)
        except SeedRefused as error:
            cause = error.__cause__
            waited = time.monotonic() - began
            if not isinstance(cause, psycopg.Error) or cause.sqlstate not in AGAIN:
                raise
            if waited >= patience.total_seconds():
                raise SeedLocked(seconds=waited, attempts=attempts) from error
            on_wait(attempts)
            time.sleep(jitter(0.5, 1.0) * ATTEMPT.total_seconds())
        else:
            return


def _write(
    session: Session,
    due: Sequence[Due],
    origin: Origin,
    *,
    overwrite: bool,
    shown: Mapping[str, str],
) -> None:
    _lock(session, [each.mapped for each in due])
    records.prepare(session)
    _refuse_production(session, due, origin)
    found = _compared(session, due, overwrite=overwrite)
    if changed := [name for name, each in found.items() if shown.get(name) != each.digest]:
        raise SeedOutdated(tables=tuple(changed))
    for each in due:
        difference = found[each.mapped.table]
        writes = states.written(overwrite=overwrite)
        if difference.count(*writes):
            server = session.info.server_version
            write(session, each.mapped, difference, overwrite=overwrite, server=server)
        if difference.count(*writes, states.ADOPT):
            remember(session, each.mapped, overwrite=overwrite)
    for each in due:
        _require_kept(session, each, found[each.mapped.table], overwrite=overwrite)
    records.note(
        session,
        run=origin.run,
        operator=origin.operator,
        environment=origin.environment,
        kind=origin.kind,
        instance=origin.instance,
        counts={name: counted(each, overwrite=overwrite) for name, each in found.items()},
    )
    session.execute("SET CONSTRAINTS ALL IMMEDIATE")


def counted(difference: Difference, *, overwrite: bool) -> dict[str, int]:
    """How many rows are added, changed, unchanged and kept."""
    again = (states.REMOVED,) if overwrite else ()
    over = (states.HAND, states.FOREIGN, states.DATED) if overwrite else ()
    return {
        "added": difference.count(states.ADD, *again),
        "changed": difference.count(states.CHANGE, *over),
        "unchanged": difference.count(states.SAME, states.ADOPT),
        "kept": 0 if overwrite else difference.count(*states.KEPT),
    }


def _compared(session: Session, due: Sequence[Due], *, overwrite: bool) -> dict[str, Difference]:
    # Tables that were never analysed look empty to the planner, and then it loops over them.
    session.execute("SET LOCAL enable_nestloop = off")
    _require_seen(session, [each.mapped for each in due])
    is_recorded = records.are_there(session)
    found: dict[str, Difference] = {}
    for each in due:
        stage(session, each.mapped, each.rows, each.extra)
        found[each.mapped.table] = compare(
            session, each.mapped, each.rows, is_recorded=is_recorded, overwrite=overwrite
        )
    known = {each.mapped.table: each.mapped for each in due}
    for each in due:
        require_parents(session, known, each.mapped, overwrite=overwrite)
    return found


def _require_kept(session: Session, due: Due, before: Difference, *, overwrite: bool) -> None:
    if not is_kept(session, due.mapped, overwrite=overwrite):
        forget_comparison(session, due.mapped)
        after = compare(session, due.mapped, due.rows, is_recorded=True, overwrite=overwrite)
        require_kept(due.mapped, before, after, overwrite=overwrite)


def _require_seen(session: Session, found: Sequence[Mapped]) -> None:
    """Raise SeedRowsHidden where a policy could hide rows: they would be taken for absent."""
    parents = (column.parent for each in found for column in each.columns if column.parent)
    names = {each.relation for each in found} | {each.relation for each in parents}
    hidden = session.execute(
        "SELECT name::regclass::text, current_user FROM unnest(%s::text[]) AS name"
        " WHERE row_security_active(name::regclass) ORDER BY 1",
        [[relation(each).as_string(session) for each in sorted(names)]],
    ).fetchall()
    if hidden:
        raise SeedRowsHidden(relations=tuple(name for name, _ in hidden), role=hidden[0][1])


def _lock(session: Session, found: Sequence[Mapped]) -> None:
    """Readers go on; writers wait for the moment that this takes."""
    from psycopg import sql

    session.execute(f"SET LOCAL lock_timeout = {ATTEMPT // timedelta(milliseconds=1)}".encode())
    names = sql.SQL(", ").join(relation(each) for each in in_order(found))
    session.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(names))


def _refuse_production(session: Session, due: Sequence[Due], origin: Origin) -> None:
    """The last look before a test administrator is made, in the very transaction."""
    if not any(each.mapped.table == ADMINISTRATOR for each in due):
        return
    if before := records.as_production(session):
        raise DatabaseIsProduction(
            environment=origin.environment, instance=origin.instance, sign=sign_of(before)
        )


def sign_of(seeding: records.Seeding) -> str:
    """What shows that a database is production's."""
    return f"run {seeding.run} seeded this database as production's on {seeding.at:%Y-%m-%d}"
