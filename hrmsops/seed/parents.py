"""Rows that others refer to: there already, or coming with the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hrmsops.errors.seed_writing import SeedParentsMissing
from hrmsops.seed import difference as states
from hrmsops.seed.mapped import Mapped
from hrmsops.seed.staging import alias, compared, relation

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

TOLD_MAX = 10


def require_parents(
    session: Session, found: Mapping[str, Mapped], mapped: Mapped, *, overwrite: bool
) -> None:
    """Raise SeedParentsMissing where a row would refer to what is not there and does not come."""
    from psycopg import sql

    writes = list(states.written(overwrite=overwrite))
    for column in mapped.columns:
        if column.parent is None:
            continue
        name = sql.Identifier("s", alias(column))
        coming: sql.Composable = sql.SQL("false")
        if (parent := found.get(column.parent.table)) is not None:
            key = parent.named(parent.key[0])
            coming = sql.SQL(
                "EXISTS (SELECT FROM {} q WHERE q.{} = {} AND q.state = ANY({}))"
            ).format(compared(parent), sql.Identifier(alias(key)), name, writes)
        missing = session.execute(
            sql.SQL(
                "SELECT {name}::text FROM (SELECT DISTINCT {name} FROM {} s"
                " WHERE s.state = ANY({}) AND {name} IS NOT NULL) AS s"
                " WHERE NOT {} AND NOT EXISTS (SELECT FROM {} p WHERE p.{} = {name})"
                " ORDER BY 1 LIMIT {}"
            ).format(
                compared(mapped),
                writes,
                coming,
                relation(column.parent.relation),
                sql.Identifier(column.parent.key),
                TOLD_MAX,
                name=name,
            )
        ).fetchall()
        if missing:
            raise SeedParentsMissing(
                table=mapped.table,
                parents=(column.parent.table,),
                keys=tuple(value for (value,) in missing),
            )
