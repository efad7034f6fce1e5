"""How a write becomes final: its audit row in the same transaction, its log line after it."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import models, transaction

from core.models import AuditLog

log = logging.getLogger(__name__)


def record_insert(row: models.Model, *, request_id: str) -> None:
    """Audit `row` in the running transaction, and log its key once that has committed."""
    facts = {"action": "insert", "table_name": row._meta.db_table, "row_id": row.pk}
    AuditLog.objects.create(**facts, request_id=request_id, release=settings.RELEASE)
    transaction.on_commit(
        lambda: log.info("committed", extra={"facts": {**facts, "request_id": request_id}})
    )
