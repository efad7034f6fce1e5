"""The partitioned table as SQL: everything that the table has, made beside it, in use by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.partition.cut import ATTACH, Cut
from hrmsops.partition.quoting import key, limit, moment, name, table, text
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import Shape, ShapeGrant

LIKE = (
    "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING COMMENTS"
    " INCLUDING STATISTICS"
)


def parent(shape: Shape, cut: Cut) -> tuple[str, ...]:
    """The parent and its empty partitions: it locks nothing that anybody waits for."""
    new = table(cut.new)
    return (
        f"CREATE TABLE {new} (LIKE {table(cut.name)} {LIKE}) PARTITION BY RANGE"
        f" ({name(cut.column)})",
        *_columns(shape, cut),
        *tuned(new, tuning(shape)),
        *_identities(shape, cut),
        *indexes(shape, cut),
        *_comments(shape, cut),
        *_row_security(shape, cut),
        *grants(shape, new),
        *(_triggers(shape, cut) if cut.method == ATTACH else ()),
        *(line for piece in pieces(shape, cut) for line in piece),
    )


def foreign_keys(shape: Shape, cut: Cut) -> tuple[str, ...]:
    """To be added while nobody waits long: the tables referred to take no writes meanwhile."""
    new = table(cut.new)
    made = [
        f"ALTER TABLE {new} ADD CONSTRAINT {name(each.name)} {each.definition}"
        for each in shape.foreign_keys
    ]
    told = [
        f"COMMENT ON CONSTRAINT {name(each.name)} ON {new} IS {text(each.comment)}"
        for each in shape.foreign_keys
        if each.comment
    ]
    return (*made, *told)


def pieces(shape: Shape, cut: Cut) -> Iterator[tuple[str, ...]]:
    """Each empty partition; nobody uses the parent yet."""
    for piece in cut.pieces:
        made = f"{name(cut.schema)}.{name(piece.name)}"
        begin = limit(piece.begin, cut.type, otherwise="MINVALUE")
        end = limit(piece.end, cut.type, otherwise="MAXVALUE")
        yield (
            f"CREATE TABLE {made} PARTITION OF {table(cut.new)}"
            f" FOR VALUES FROM ({begin}) TO ({end}){stored(shape.options)}",
            *closed(made, shape.has_row_security),
            *tuned(made, tuning(shape)),
        )


def tuning(shape: Shape) -> tuple[str, ...]:
    """How its columns are stored and sampled; a partition does not get all of that by itself."""
    return tuple(
        f"ALTER {name(column.name)} {each}" for column in shape.columns for each in column.tuning
    )


def tuned(made: str, tuning: tuple[str, ...]) -> tuple[str, ...]:
    return (f"ALTER TABLE {made} {', '.join(tuning)}",) if tuning else ()


def standalone(
    of: TableName,
    made: str,
    *,
    options: tuple[str, ...],
    tuning: tuple[str, ...],
    is_closed: bool,
) -> tuple[str, ...]:
    """A partition to be: PARTITION OF would lock a parent that is in use, ATTACH does not."""
    like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING COMMENTS"
    return (
        f"CREATE TABLE {made} (LIKE {table(of)} {like}){stored(options)}",
        *closed(made, is_closed),
        *tuned(made, tuning),
    )


def stored(options: tuple[str, ...]) -> str:
    """The storage parameters, which a partitioned table can't have."""
    return f" WITH ({', '.join(map(_option, options))})" if options else ""


def closed(made: str, is_closed: bool) -> tuple[str, ...]:
    """Row security does not see who reads a partition by its own name: only its owner may."""
    return (f"ALTER TABLE {made} ENABLE ROW LEVEL SECURITY",) if is_closed else ()


def bound(cut: Cut) -> str:
    """The check that lets ATTACH believe without looking; the literal has the column's own type."""
    assert cut.split is not None
    column = name(cut.column)
    split = moment(cut.split, cut.type)
    return (
        f"ALTER TABLE {table(cut.name)} ADD CONSTRAINT {name(cut.bound)}"
        f" CHECK ({column} IS NOT NULL AND {column} < {split}) NOT VALID"
    )


def key_index(cut: Cut, *, concurrently: bool) -> str:
    """What becomes the primary key of the table as a partition."""
    how = "CONCURRENTLY " if concurrently else ""
    index = f"CREATE UNIQUE INDEX {how}{name(cut.key_index)}"
    return f"{index} ON {table(cut.name)} {key(cut.new_key, cut.new_included, cut.storage)}"


def _columns(shape: Shape, cut: Cut) -> Iterator[str]:
    """LIKE takes over what a column may hold; the key has to have a value from here on."""
    if cut.was_nullable:
        yield f"ALTER TABLE {table(cut.new)} ALTER {name(cut.column)} SET NOT NULL"


def _identities(shape: Shape, cut: Cut) -> Iterator[str]:
    for number, each in enumerate(shape.sequences):
        if each.is_identity:
            yield identity(shape, cut, cut.new, number)


def identity(shape: Shape, cut: Cut, of: TableName, number: int) -> str:
    """Make a column an identity, its sequence under a name of ours until the swap.

    LIKE … INCLUDING IDENTITY would begin at 1 again.
    """
    sequence = shape.sequences[number]
    column = shape.column(sequence.column)
    assert column is not None
    always = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
    # What type its numbers are is said by the column.
    options = sequence.options.partition(" START ")[2]
    return (
        f"ALTER TABLE {table(of)} ALTER {name(sequence.column)} ADD GENERATED {always} AS IDENTITY"
        f" (SEQUENCE NAME {table(cut.sequence(number))} START {options})"
    )


def identity_told(shape: Shape, cut: Cut, number: int) -> Iterator[str]:
    """The grants and the comment of the sequence that it follows."""
    sequence, new = shape.sequences[number], table(cut.sequence(number))
    if sequence.grants:
        yield _REVOKE_DEFAULTS.format(table=text(new))
    for each in sequence.grants:
        yield f"GRANT {each.replace('%s', new, 1)}"
    if sequence.comment:
        yield f"COMMENT ON SEQUENCE {new} IS {text(sequence.comment)}"


def indexes(shape: Shape, cut: Cut) -> Iterator[str]:
    for number, index in enumerate(cut.kept(shape)):
        own = name(cut.index(number))
        if index.is_primary:
            definition = f"PRIMARY KEY {key(cut.new_key, cut.new_included, cut.storage)}"
        elif index.constraint:
            definition = f"{index.constraint}{index.storage}"
        else:
            unique = "UNIQUE " if index.is_unique else ""
            yield f"CREATE {unique}INDEX {own} ON {table(cut.new)} {index.tail}"
            continue
        yield f"ALTER TABLE {table(cut.new)} ADD CONSTRAINT {own} {definition}"


def _comments(shape: Shape, cut: Cut) -> Iterator[str]:
    if shape.comment:
        yield f"COMMENT ON TABLE {table(cut.new)} IS {text(shape.comment)}"
    for number, index in enumerate(cut.kept(shape)):
        if index.comment:
            own = f"{name(cut.schema)}.{name(cut.index(number))}"
            yield f"COMMENT ON INDEX {own} IS {text(index.comment)}"
        if index.constraint_comment:
            on = f"{name(cut.index(number))} ON {table(cut.new)}"
            yield f"COMMENT ON CONSTRAINT {on} IS {text(index.constraint_comment)}"


def _triggers(shape: Shape, cut: Cut) -> Iterator[str]:
    """In the swap, all would wait until each partition has them; nobody writes here before it."""
    for each in cut.own(shape):
        yield f"{each.head} ON {table(cut.new)} {each.tail}"
        if each.comment:
            on = f"{name(each.name)} ON {table(cut.new)}"
            yield f"COMMENT ON TRIGGER {on} IS {text(each.comment)}"


def _row_security(shape: Shape, cut: Cut) -> Iterator[str]:
    if shape.has_row_security:
        yield f"ALTER TABLE {table(cut.new)} ENABLE ROW LEVEL SECURITY"
    for each in shape.policies:
        own = f"{name(each.name)} ON {table(cut.new)}"
        yield f"CREATE POLICY {own} {each.tail}"
        if each.comment:
            yield f"COMMENT ON POLICY {own} IS {text(each.comment)}"


def grants(shape: Shape, new: str) -> Iterator[str]:
    """Just those that the table has: default privileges may have given others."""
    yield f"REVOKE ALL ON {new} FROM PUBLIC, {name(shape.owner)}"
    yield _REVOKE_DEFAULTS.format(table=text(new))
    for each in shape.grants:
        more = " WITH GRANT OPTION" if each.is_grantable else ""
        yield f"GRANT {_what(each)} ON {new} TO {_whom(each)}{more}"


_REVOKE_DEFAULTS = """DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT DISTINCT r.rolname FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
        JOIN pg_roles r ON r.oid = x.grantee WHERE c.oid = {table}::regclass
    LOOP EXECUTE format('REVOKE ALL ON %s FROM %I', {table}::regclass, each.rolname); END LOOP;
END $$"""


def _what(grant: ShapeGrant) -> str:
    return f"{grant.privilege} ({name(grant.column)})" if grant.column else grant.privilege


def _whom(grant: ShapeGrant) -> str:
    return "PUBLIC" if grant.grantee is None else name(grant.grantee)


def _option(option: str) -> str:
    key, _, value = option.partition("=")
    return f"{key} = {text(value)}"
