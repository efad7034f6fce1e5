"""What came in from other systems."""

from __future__ import annotations

from django.db import models


class ImportRecord(models.Model):
    """One row of one imported file, and what became of it."""

    request_id = models.CharField(max_length=64, unique=True, null=True)
    source = models.CharField(max_length=100)
    row_number = models.IntegerField()
    status = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    WRITABLE = {"source": str, "row_number": int, "status": str}

    def public_facts(self) -> dict[str, object]:
        """What the API answers beside the keys."""
        return {"source": self.source, "row_number": self.row_number}

    def whole(self) -> list[models.Model]:
        """The rows that are made together with this one, itself the first."""
        return [self]
