"""What every app leaves behind."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class AuditLog(models.Model):
    """One committed change of one row: keys only, never a person's data."""

    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=20)
    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    request_id = models.CharField(max_length=64)
    release = models.CharField(max_length=30)
