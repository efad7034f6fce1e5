"""How a write becomes final: its audit row in the same transaction, its log line after the commit.

The log is complete: one line for each row that was inserted, updated or deleted, cascades included,
with what was written. From it alone the writes can be made again on a database that lacks them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_save

from core.models import AuditLog

log = logging.getLogger(__name__)

Written = list[dict[str, Any]]
"""`{"table", "key", "op", "columns"}` of each row, in the order in which they were written."""


class Unit:
    """The writes of one request, which are committed together or not at all."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.written: Written = []


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)


@contextmanager
def unit(request_id: str) -> Iterator[Written]:
    """One transaction; the list that is given is complete when the block has ended."""
    current = Unit(request_id)
    token = _unit.set(current)
    try:
        with transaction.atomic():
            yield current.written
    finally:
        _unit.reset(token)


def follow(followed: Iterable[type[models.Model]]) -> None:
    """Audit and log every row of these models that is saved or deleted one by one."""
    for model in followed:
        post_save.connect(_saved, sender=model, dispatch_uid="writes")
        post_delete.connect(_deleted, sender=model, dispatch_uid="writes")


def described(row: models.Model, op: str, only: Iterable[str] | None = None) -> dict[str, Any]:
    """The row as it is now, in plain values; `only` names the columns that were written."""
    fields = [each for each in row._meta.concrete_fields if not each.primary_key]
    if only is not None:
        fields = [each for each in fields if each.attname in set(only)]
    return {
        "table": row._meta.db_table,
        "key": {row._meta.pk.column: row.pk},
        "op": op,
        "columns": {each.column: _plain(getattr(row, each.attname)) for each in fields},
    }


def deleted_by(request_id: str) -> Written:
    """The rows that an earlier request of this id has deleted, as its audit rows tell."""
    rows = AuditLog.objects.filter(request_id=request_id, action="delete").order_by("pk")
    return [
        {"table": each.table_name, "key": {"id": each.row_id}, "op": "delete", "columns": {}}
        for each in rows
    ]


def _saved(
    instance: models.Model, created: bool, update_fields: Iterable[str] | None, **_: object
) -> None:
    _record(instance, described(instance, "insert" if created else "update", update_fields))


def _deleted(instance: models.Model, **_: object) -> None:
    _record(instance, described(instance, "delete", only=()))


def _record(row: models.Model, fact: dict[str, Any]) -> None:
    current = _unit.get()
    request_id = current.request_id if current else ""
    if current:
        current.written.append(fact)
    number = _transaction_number()
    transaction.on_commit(lambda: _tell({**fact, "request_id": request_id, "transaction": number}))
    if not isinstance(row, AuditLog):
        AuditLog.objects.create(
            action=fact["op"],
            table_name=fact["table"],
            row_id=row.pk,
            request_id=request_id,
            release=settings.RELEASE,
        )


def _tell(facts: dict[str, Any]) -> None:
    facts["committed_at"] = datetime.now(UTC).isoformat()
    log.info("committed", extra={"facts": facts})


def _transaction_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return int(cursor.fetchone()[0])


def _plain(value: object) -> object:
    if isinstance(value, date):  # A datetime is one.
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
