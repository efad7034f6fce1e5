"""A writer beside a backfill, who knows what was acknowledged and how far the backfill was then."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from hrmsops.postgres.session import connect

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session
    from tests.backfill.conftest import Hrms

PHASE = """
    SELECT coalesce((
        SELECT CASE WHEN ended_at IS NULL THEN cursor->>'phase' ELSE 'over' END
        FROM hrmsops.backfills ORDER BY id DESC LIMIT 1), 'main')
"""
"""Before it has begun there is all the time."""


class Written(Protocol):
    """Where is written."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def row(self) -> str: ...
    @property
    def new(self) -> str: ...
    @property
    def more(self) -> str: ...


@dataclass
class Ledger:
    """By the keys as text; `phases` is how far the backfill was after a row's last writing."""

    first: set[str]
    inserted: set[str] = field(default_factory=set)
    labelled: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    notes: dict[str, int] = field(default_factory=dict)
    phases: dict[str, str] = field(default_factory=dict)

    def last_written(self, key: str) -> bool:
        """Whether all that was written of what is backfilled was there before the last sweep."""
        return self.phases.get(key, "main") == "main"


@contextmanager
def writing(hrms: Hrms, table: Written, value: str, *, labels: bool) -> Iterator[Ledger]:
    """Within, rows are inserted, changed and deleted; with `labels` also in what is backfilled."""
    ledger = Ledger({str(key) for (key,) in hrms.query(f"SELECT {table.row} FROM {table.name}")})
    over, failed = threading.Event(), []

    def write() -> None:
        try:
            with connect(hrms.target) as session:
                _write(session, table, value, ledger, over, labels=labels)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield ledger
    finally:
        over.set()
        thread.join()
    assert not failed, failed


def _write(
    session: Session,
    table: Written,
    value: str,
    ledger: Ledger,
    over: threading.Event,
    *,
    labels: bool,
) -> None:
    chance, number = random.Random(len(ledger.first)), 0
    keys = sorted(ledger.first)
    while not over.wait(0.003):
        number += 1
        key = chance.choice(keys)
        if key in ledger.deleted:
            continue
        match chance.randrange(4 if labels else 3):
            case 0:
                _insert(session, table, value, ledger, kind=chance.randrange(3))
            case 1:
                _do(
                    session,
                    f"UPDATE {table.name} SET note = %s WHERE {table.row} = %s",
                    number,
                    key,
                )
                ledger.notes[key] = number
            case 2:
                _do(session, f"DELETE FROM {table.name} WHERE {table.row} = %s", key)
                ledger.deleted.add(key)
            case _:
                ledger.labelled.add(key)
                _do(session, f"UPDATE {table.name} SET label = 'OLD' WHERE {table.row} = %s", key)
                ledger.phases[key] = _phase(session)


def _insert(session: Session, table: Written, value: str, ledger: Ledger, *, kind: int) -> None:
    columns = ", ".join(filter(None, (table.key, table.more, "kind", "n")))
    values = ", ".join(filter(None, (table.new, value, str(kind), "0")))
    row = _do(
        session, f"INSERT INTO {table.name} ({columns}) VALUES ({values}) RETURNING {table.row}"
    )
    ledger.inserted.add(str(row[0]))
    ledger.phases[str(row[0])] = _phase(session)


def _phase(session: Session) -> str:
    """Looked up after what was written was acknowledged."""
    row = session.execute("SELECT to_regclass('hrmsops.backfills') IS NOT NULL").fetchone()
    if row != (True,):
        return "main"
    found = session.execute(PHASE).fetchone()
    assert found
    return str(found[0])


def _do(session: Session, sql: str, *values: Any) -> Any:
    found = session.execute(sql.encode(), values)
    return found.fetchone() if found.description else None
