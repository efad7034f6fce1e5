"""Dual writes as SQL: what is written to one table is written to the other in the same transaction.

While the new table is filled, a row can be read by the fill and changed before the fill commits.
The fill holds each row FOR KEY SHARE, so that a DELETE waits for it; a write that could miss what
the fill has not committed yet (one that moves a row, one under a snapshot of its own) puts its key
on a list, and `repair` settles those, the last ones under the lock of the swap.
"""

from __future__ import annotations

from hrmsops.partition.cut import Cut
from hrmsops.partition.quoting import name, names, table
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import Shape


def listing(cut: Cut) -> tuple[str, ...]:
    """The list of keys, and what settles them."""
    keys = names(cut.key)
    return (
        f"CREATE TABLE hrmsops.{name(cut.repair)} AS SELECT {keys} FROM {table(cut.name)}"
        " WITH NO DATA",
    )


def repairer(shape: Shape, cut: Cut) -> str:
    """Each listed row as it is in the table; rows are locked in the order in which users do.

    So many at a time as it is told, else all.
    """
    columns, new, old = names(shape.names()), table(cut.new), table(cut.name)
    same = " AND ".join(f"t.{name(each)} = r.{name(each)}" for each in cut.key)
    listed = f"hrmsops.{name(cut.repair)}"
    return f"""CREATE OR REPLACE FUNCTION hrmsops.{name(cut.repair)}(bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $repair$
    #variable_conflict use_column
    DECLARE r record; n bigint := 0;
    BEGIN
        FOR r IN DELETE FROM {listed} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {listed} LIMIT $1))
                RETURNING * LOOP
            PERFORM 1 FROM {old} t WHERE {same} FOR KEY SHARE;
            DELETE FROM {new} t WHERE {same};
            INSERT INTO {new} ({columns}) OVERRIDING SYSTEM VALUE
                SELECT {columns} FROM {old} t WHERE {same} ON CONFLICT DO NOTHING;
            n := n + 1;
        END LOOP;
        RETURN n;
    END $repair$"""


def repair(cut: Cut, *, most: int | None = None) -> tuple[str, ...]:
    """Settle what is listed, or so many of it."""
    return (f"SELECT hrmsops.{name(cut.repair)}({most or ''})",)


def mirrored(shape: Shape, cut: Cut, *, source: TableName, to: TableName) -> tuple[str, ...]:
    """Write to `to` what is written to `source`."""
    is_filling = to == cut.new
    key = cut.new_key if is_filling else cut.key
    own = name(cut.mirror)
    return (
        _function(shape, cut, to=to, key=key, lists=is_filling),
        f"CREATE TRIGGER {own} AFTER INSERT OR UPDATE OR DELETE ON {table(source)}"
        f" FOR EACH ROW EXECUTE FUNCTION hrmsops.{own}()",
        f"CREATE TRIGGER {name(cut.mirror + '_all')} AFTER TRUNCATE ON {table(source)}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION hrmsops.{own}()",
    )


def unmirrored(cut: Cut, source: TableName) -> tuple[str, ...]:
    return tuple(
        f"DROP TRIGGER IF EXISTS {name(each)} ON {table(source)}"
        for each in (cut.mirror, f"{cut.mirror}_all")
    )


def forgotten(cut: Cut) -> tuple[str, ...]:
    """What the mirror was made of."""
    return (
        f"DROP FUNCTION IF EXISTS hrmsops.{name(cut.mirror)}()",
        f"DROP FUNCTION IF EXISTS hrmsops.{name(cut.repair)}(bigint)",
        f"DROP TABLE IF EXISTS hrmsops.{name(cut.repair)}",
    )


def _function(shape: Shape, cut: Cut, *, to: TableName, key: tuple[str, ...], lists: bool) -> str:
    columns = shape.names()
    olds = ", ".join(f"OLD.{name(each)}" for each in key)
    news = ", ".join(f"NEW.{name(each)}" for each in key)
    values = ", ".join(f"NEW.{name(each)}" for each in columns)
    changed = ", ".join(
        f"{name(each)} = excluded.{name(each)}" for each in columns if each not in key
    )
    kept = f"DO UPDATE SET {changed}" if changed else "DO NOTHING"
    # The writer needs no right to the other table: it is written as its owner.
    return f"""CREATE OR REPLACE FUNCTION hrmsops.{name(cut.mirror)}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $mirror$
    #variable_conflict use_column
    DECLARE moves boolean;
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {table(to)};
            RETURN NULL;
        END IF;
        moves := TG_OP = 'DELETE'
            OR (TG_OP = 'UPDATE' AND ROW({olds}) IS DISTINCT FROM ROW({news}));{_list(cut, lists)}
        IF moves THEN
            DELETE FROM {table(to)} WHERE ({names(key)}) = ({olds});
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO {table(to)} ({names(columns)}) OVERRIDING SYSTEM VALUE VALUES ({values})
                ON CONFLICT ({names(key)}) {kept};
        END IF;
        RETURN NULL;
    END $mirror$"""


def _list(cut: Cut, lists: bool) -> str:
    if not lists:
        return ""
    olds = ", ".join(f"OLD.{name(each)}" for each in cut.key)
    return f"""
        IF TG_OP <> 'INSERT' AND ((TG_OP = 'UPDATE' AND moves)
                OR current_setting('transaction_isolation') <> 'read committed') THEN
            INSERT INTO hrmsops.{name(cut.repair)} VALUES ({olds});
        END IF;"""
