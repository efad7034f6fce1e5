"""The swap and the way back as SQL: one script, so that a lock lasts no round trip.

Definitions that name the table were read before it; run after the names have changed places, they
mean the table that has the name now.
"""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.partition.cut import ATTACH, Cut
from hrmsops.partition.mirror import mirrored, repair, unmirrored
from hrmsops.partition.parent import identity, identity_told
from hrmsops.partition.periods import short_name
from hrmsops.partition.quoting import limit, name, names, table, text
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import Shape, ShapeTrigger


def swap(shape: Shape, cut: Cut, *, made: tuple[ShapeTrigger, ...] = ()) -> tuple[str, ...]:
    """The table gets its parent's place, all that hangs on it goes over. `shape` is the table's.

    `made`: the triggers that its parent has already.
    """
    is_attach = cut.method == ATTACH
    return (
        *_lock(shape, cut.name),
        *(_take_key(shape, cut) if is_attach else (*repair(cut), *unmirrored(cut, cut.name))),
        *_numbers_over(shape, cut, source=cut.name, to=cut.new),
        *_drop_triggers(shape, cut),
        *_names(shape, cut),
        *(_attach(cut) if is_attach else mirrored(shape, cut, source=cut.name, to=cut.left)),
        *_triggers(shape, cut, made=made),
        *_views(shape),
    )


def swap_back(shape: Shape, cut: Cut, *, pairs: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The table as it was, with what was written since. `shape` is the partitioned table's.

    `pairs`: each index of it, and what the same one of the old table is called now.
    """
    is_attach = cut.method == ATTACH
    return (
        *_lock(shape, cut.name, *(() if is_attach else (cut.left,))),
        *(_detach(shape, cut, pairs) if is_attach else unmirrored(cut, cut.name)),
        *_numbers_over(shape, cut, source=cut.name, to=cut.left),
        *_drop_triggers(shape, cut),
        *_names_back(cut, pairs),
        *(_rows_back(shape, cut) if is_attach else ()),
        *_triggers(shape, cut),
        *_views(shape),
    )


def partition_index(cut: Cut, index: str) -> str:
    """What an index of the table is called once it is the partition's."""
    return short_name(f"{cut.rest}_{index.removeprefix(cut.table).lstrip('_')}")


def _lock(shape: Shape, *tables: TableName) -> Iterator[str]:
    """Views first, as whoever reads through one takes them; the other way round they deadlock.

    Replaced by itself: LOCK would lock all that a view reads, other tables too.
    """
    yield from _views(shape)
    yield f"LOCK TABLE {', '.join(map(table, tables))} IN ACCESS EXCLUSIVE MODE"
    yield "SELECT set_config('hrmsops.locked_at', clock_timestamp()::text, true)"


def _take_key(shape: Shape, cut: Cut) -> Iterator[str]:
    key = shape.primary_key
    if key is not None and cut.changes_key:
        yield f"ALTER TABLE {table(cut.name)} DROP CONSTRAINT {name(key.name)}"
        yield (
            f"ALTER TABLE {table(cut.name)} ADD CONSTRAINT {name(key.name)}"
            f" PRIMARY KEY USING INDEX {name(cut.key_index)}"
        )


def _drop_triggers(shape: Shape, cut: Cut) -> Iterator[str]:
    """One of the same name on a partition would not let it be attached."""
    for each in cut.own(shape):
        yield f"DROP TRIGGER {name(each.name)} ON {table(cut.name)}"


def _triggers(shape: Shape, cut: Cut, made: tuple[ShapeTrigger, ...] = ()) -> Iterator[str]:
    """What somebody changed since it was made there is made anew."""
    wanted = {_told(each): each for each in cut.own(shape)}
    for each in made:
        if _told(each) not in wanted:
            yield f"DROP TRIGGER {name(each.name)} ON {table(cut.name)}"
    for told, each in wanted.items():
        if told in map(_told, made):
            continue
        yield each.definition
        if each.comment:
            on = f"{name(each.name)} ON {table(cut.name)}"
            yield f"COMMENT ON TRIGGER {on} IS {text(each.comment)}"


def _told(trigger: ShapeTrigger) -> tuple[str, str, str]:
    return trigger.head, trigger.tail, trigger.comment


def _numbers_over(shape: Shape, cut: Cut, *, source: TableName, to: TableName) -> Iterator[str]:
    """Sequences go on where they are; an identity's cannot change hands, and gets a successor."""
    for number, each in enumerate(shape.sequences):
        column = name(each.column)
        if not each.is_identity:
            yield f"ALTER SEQUENCE {table(each.name)} OWNED BY {table(to)}.{column}"
            continue
        new = table(cut.sequence(number))
        if to != cut.new:
            yield identity(shape, cut, to, number)
        yield (
            f"SELECT setval({text(new)}::regclass, last_value, is_called) FROM {table(each.name)}"
        )
        yield from identity_told(shape, cut, number)
        yield f"ALTER TABLE {table(source)} ALTER {column} DROP IDENTITY"
        yield f"ALTER SEQUENCE {new} RENAME TO {name(each.name.name)}"


def _names(shape: Shape, cut: Cut) -> Iterator[str]:
    """The indexes too: Django knows them by their names."""
    yield f"ALTER TABLE {table(cut.name)} RENAME TO {name(cut.rest)}"
    yield f"ALTER TABLE {table(cut.new)} RENAME TO {name(cut.table)}"
    for number, index in enumerate(cut.kept(shape)):
        yield _renamed(cut, index.name, partition_index(cut, index.name))
        yield _renamed(cut, cut.index(number), index.name)


def _names_back(cut: Cut, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f"ALTER TABLE {table(cut.name)} RENAME TO {name(cut.new.name)}"
    yield f"ALTER TABLE {table(cut.left)} RENAME TO {name(cut.table)}"
    for number, (index, old) in enumerate(pairs):
        yield _renamed(cut, index, cut.index(number))
        yield _renamed(cut, old, index)


def _renamed(cut: Cut, index: str, new: str) -> str:
    return f"ALTER INDEX {name(cut.schema)}.{name(index)} RENAME TO {name(new)}"


def _attach(cut: Cut) -> Iterator[str]:
    end = limit(cut.split, cut.type, otherwise="MAXVALUE")
    yield (
        f"ALTER TABLE {table(cut.name)} ATTACH PARTITION {table(cut.left)}"
        f" FOR VALUES FROM (MINVALUE) TO ({end})"
    )
    yield f"ALTER TABLE {table(cut.left)} DROP CONSTRAINT {name(cut.bound)}"


def _detach(shape: Shape, cut: Cut, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The old table stands alone again, with the key that it had."""
    left, key = table(cut.left), shape.primary_key
    yield f"ALTER TABLE {table(cut.name)} DETACH PARTITION {left}"
    if cut.changes_key and key is not None:
        own = name(dict(pairs)[key.name])
        yield f"ALTER TABLE {left} DROP CONSTRAINT {own}"
        yield (
            f"ALTER TABLE {left} ADD CONSTRAINT {own}"
            f" PRIMARY KEY USING INDEX {name(cut.old_key_index)}"
        )
        if key.comment:
            yield f"COMMENT ON INDEX {name(cut.schema)}.{own} IS {text(key.comment)}"
        if key.constraint_comment:
            yield f"COMMENT ON CONSTRAINT {own} ON {left} IS {text(key.constraint_comment)}"
    if cut.was_nullable:
        yield f"ALTER TABLE {left} ALTER {name(cut.column)} DROP NOT NULL"


def _rows_back(shape: Shape, cut: Cut) -> Iterator[str]:
    """What later partitions hold; their triggers have fired, and do not again."""
    columns = names(shape.names())
    yield (
        f"INSERT INTO {table(cut.name)} ({columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT {columns} FROM {table(cut.new)}"
    )


def _views(shape: Shape) -> Iterator[str]:
    """Their text means the table that has the name now; grants and owner stay."""
    for view in shape.views:
        options = f" WITH ({', '.join(view.options)})" if view.options else ""
        yield f"CREATE OR REPLACE VIEW {table(view.name)}{options} AS {view.definition.rstrip(';')}"
