"""The runs of one database: begun, claimed by one session at a time, saved with each batch."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connections, transaction

from hrmsops.backfill.checkpoint import COLUMNS, TABLE, Checkpoint
from hrmsops.backfill.cursor import Cursor
from hrmsops.backfill.request import Request
from hrmsops.backfill.words import sqlstate_of
from hrmsops.errors.backfill_run import (
    BackfillNotRecordable,
    BackfillTakenOver,
    BackfillUnderWay,
)

LOCK_CLASS = 0x68726266
"""Of the advisory locks: one for each run, held by the session that works on it."""
ORPHAN_SECONDS = 10.0
MAY_NOT = "42501"
_THERE = "SELECT to_regclass('hrmsops.backfills') IS NOT NULL"


class Checkpoints:
    """The runs in one database."""

    def __init__(self, using: str) -> None:
        self._using = using

    def is_there(self) -> bool:
        """Raises BackfillNotRecordable where the role may not even look."""
        with self._recordable():
            return bool(self._ask(_THERE)[0][0])

    def prepare(self) -> None:
        """Make the table where there is none. Raises BackfillNotRecordable."""
        if self.is_there():
            return
        try:
            with transaction.atomic(self._using):
                if self._ask("SELECT to_regnamespace('hrmsops') IS NULL")[0][0]:
                    self._do("CREATE SCHEMA IF NOT EXISTS hrmsops")
                self._do(TABLE)
        except DatabaseError as error:
            if self.is_there():
                return  # Another one made it at the same moment.
            raise self._unrecordable(error) from error

    def unfinished(self) -> list[Checkpoint]:
        """The oldest first; none where there is no table."""
        return self._read("WHERE ended_at IS NULL ORDER BY id") if self.is_there() else []

    def of_run(self, run: str) -> list[Checkpoint]:
        """A run's shards."""
        if not self.is_there():
            return []
        return self._read("WHERE run = %s ORDER BY shard", [run])

    def begin(
        self,
        *,
        run: str,
        request: Request,
        bounds: Sequence[tuple[Any, Any]],
        strategy: str,
        total: int | None,
        operator: str,
        cursor: Cursor,
    ) -> None:
        """Write down a run's shards, each with the keys that it is for."""
        with transaction.atomic(self._using):
            for shard, (low, high) in enumerate(bounds):
                self._do(
                    "INSERT INTO hrmsops.backfills (run, subject, request, shard, shards, low,"
                    " high, strategy, total, cursor, token, operator) VALUES (%s, %s, %s::jsonb,"
                    " %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s::jsonb, '', %s)"
                    " ON CONFLICT DO NOTHING",
                    [
                        run, request.subject, json.dumps(request.as_document()), shard,
                        len(bounds), json.dumps(low), json.dumps(high), strategy, total,
                        json.dumps(cursor.as_document()), operator,
                    ],
                )  # fmt: skip

    def claim(self, found: Checkpoint) -> Checkpoint:
        """Take a run for this session, whoever had it before. Raises BackfillUnderWay.

        A process whose caller was killed notices that within moments: its end is waited for. The
        token makes one that lost its lock without noticing fail at its next batch.
        """
        deadline = time.monotonic() + ORPHAN_SECONDS
        while not self._ask("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, found.id])[0][0]:
            if time.monotonic() > deadline:
                raise BackfillUnderWay(subject=found.subject)
            time.sleep(0.1)
        self._do(
            "UPDATE hrmsops.backfills SET token = %s WHERE id = %s",
            [secrets.token_hex(8), found.id],
        )
        return self._read("WHERE id = %s", [found.id])[0]

    def release(self, held: Checkpoint) -> None:
        self._ask("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, held.id])

    def is_held(self, found: Checkpoint) -> bool:
        """Whether some session works on it now."""
        asked = (
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid::bigint = %s AND objid::bigint = %s)"
        )
        return bool(self._ask(asked, [LOCK_CLASS, found.id])[0][0])

    def save(self, held: Checkpoint, cursor: Cursor, *, rows: int) -> None:
        """Within the batch's transaction. Raises BackfillTakenOver."""
        self._mark(
            held,
            "cursor = %s::jsonb, rows = rows + %s, at = clock_timestamp()",
            [json.dumps(cursor.as_document()), rows],
        )

    def end(self, held: Checkpoint, *, outcome: str, findings: Sequence[str] = ()) -> None:
        """`done`, or `given up`."""
        self._mark(
            held,
            "outcome = %s, findings = %s::jsonb, at = clock_timestamp(),"
            " ended_at = clock_timestamp()",
            [outcome, json.dumps(list(findings))],
        )
        held.outcome, held.findings = outcome, list(findings)

    def _mark(self, held: Checkpoint, what: str, values: list[Any]) -> None:
        with connections[self._using].cursor() as cursor:
            cursor.execute(
                f"UPDATE hrmsops.backfills SET {what} WHERE id = %s AND token = %s",  # noqa: S608
                [*values, held.id, held.token],
            )
            if cursor.rowcount != 1:
                raise BackfillTakenOver(subject=held.subject)

    @contextmanager
    def _recordable(self) -> Iterator[None]:
        """Raises BackfillNotRecordable for what the role may not."""
        try:
            yield
        except DatabaseError as error:
            if sqlstate_of(error) != MAY_NOT:
                raise
            raise self._unrecordable(error) from error

    def _unrecordable(self, error: DatabaseError) -> BackfillNotRecordable:
        [(role, has_schema)] = self._ask(
            "SELECT current_user::text, to_regnamespace('hrmsops') IS NOT NULL"
        )
        return BackfillNotRecordable(role=role, sqlstate=sqlstate_of(error), has_schema=has_schema)

    def _read(self, where: str, values: Sequence[Any] = ()) -> list[Checkpoint]:
        with self._recordable():
            rows = self._ask(f"SELECT {COLUMNS} FROM hrmsops.backfills {where}", values)  # noqa: S608
        return [Checkpoint.of(row) for row in rows]

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with connections[self._using].cursor() as cursor:
            cursor.execute(sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _do(self, sql: str, values: Sequence[Any] = ()) -> None:
        with connections[self._using].cursor() as cursor:
            cursor.execute(sql, values or None)
