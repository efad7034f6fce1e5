"""The rows of a model as its table has them: no manager of the project's hides some."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import QuerySet

TREE = """
    WITH RECURSIVE tree AS (
        SELECT %(table)s::regclass::oid AS oid
        UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
"""
"""A table with its partitions: the parent itself has no page."""


def every_row(model: Any, *, using: str) -> Any:
    """A `base_manager_name` may hide what is deleted, and a column is filled there too."""
    return QuerySet(model, using=using)


def quoted_table(model: Any, *, using: str) -> str:
    """As SQL has it; a `db_table` that names its schema brings the quotes along."""
    return str(connections[using].ops.quote_name(model._meta.db_table))
