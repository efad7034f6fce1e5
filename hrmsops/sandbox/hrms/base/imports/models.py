"""What came in from other systems."""

from __future__ import annotations

from django.db import models


class ImportRecord(models.Model):
    """One row of one imported file, and what became of it."""

    source = models.CharField(max_length=100)
    row_number = models.IntegerField()
    status = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
