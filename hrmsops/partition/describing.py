"""A table in sentences, so that before and after can be held against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hrmsops.partition.cut import Cut
from hrmsops.postgres.table_shape import Shape, ShapeColumn, ShapeIndex


def described(shape: Shape, cut: Cut) -> tuple[str, ...]:
    """All that readers, writers and Django can tell of a table; not what is ours for the time."""
    return tuple(sorted(_lines(shape, cut)))


def partitioned(before: Collection[str], cut: Cut) -> tuple[str, ...]:
    """What `described` says afterwards of a table that it described so before.

    The primary key has the column in it, which can be NULL no longer; a partitioned table has no
    storage parameters of its own.
    """
    return tuple(sorted(filter(None, (_after(line, cut) for line in before))))


def differences(expected: Collection[str], found: Collection[str]) -> tuple[str, ...]:
    gone = sorted(set(expected) - set(found))
    new = sorted(set(found) - set(expected))
    return (*(f"Gone: {each}" for each in gone), *(f"New: {each}" for each in new))


def _after(line: str, cut: Cut) -> str:
    if line.startswith("storage "):
        return ""
    if line.startswith("primary key "):
        old, new = _key(cut.key, cut.included), _key(cut.new_key, cut.new_included)
        return line.replace(old, new, 1)
    if line.startswith(f"column {cut.column}: "):
        return line.replace(", may be NULL", "")
    return line


def _lines(shape: Shape, cut: Cut) -> Iterator[str]:
    yield f"owner {shape.owner}"
    if shape.comment:
        yield f"comment {shape.comment}"
    if shape.has_row_security:
        yield "row security"
    yield from (f"storage {each}" for each in shape.options)
    yield from (_column(each) for each in shape.columns)
    yield from (_index(each) for each in cut.kept(shape))
    for each in (*shape.checks, *shape.foreign_keys):
        if each.name != cut.bound:
            yield f"constraint {each.name}: {each.definition}{_told(each.comment)}"
    for sequence in shape.sequences:
        told = _told(sequence.comment)
        yield f"sequence {sequence.name} of {sequence.column}: {sequence.options}{told}"
        yield from (
            f"grant {each.replace('%s', str(sequence.name), 1)}" for each in sequence.grants
        )
    yield from (f"trigger {each.definition}{_told(each.comment)}" for each in cut.own(shape))
    yield from (f"policy {each.name} {each.tail}{_told(each.comment)}" for each in shape.policies)
    yield from _grants(shape)
    for view in shape.views:
        yield f"view {view.name} {list(view.options)}: {view.definition}"


def _grants(shape: Shape) -> Iterator[str]:
    for grant in shape.grants:
        more = ", and to grant it" if grant.is_grantable else ""
        on = f" ({grant.column})" if grant.column else ""
        yield f"grant {grant.privilege}{on} to {grant.grantee or 'PUBLIC'}{more}"


def _column(of: ShapeColumn) -> str:
    facts = [
        f"column {of.name}: {of.type}",
        f", {'generated' if of.is_generated else 'default'} {of.default}" if of.default else "",
        f", identity {of.identity}" if of.identity else "",
        "" if of.is_required else ", may be NULL",
        *(f", {each}" for each in of.tuning),
        _told(of.comment),
    ]
    return "".join(facts)


def _index(of: ShapeIndex) -> str:
    told = f"{_told(of.comment)}{_told(of.constraint_comment)}"
    if of.is_primary:
        return f"primary key {of.name} {_key(of.columns, of.included)}{of.storage}{told}"
    plain = f"{'unique ' if of.is_unique else ''}{of.tail}"
    what = f"{of.constraint}{of.storage}" if of.constraint else plain
    return f"index {of.name}: {what}{told}"


def _key(columns: tuple[str, ...], included: tuple[str, ...]) -> str:
    more = f" INCLUDE ({', '.join(included)})" if included else ""
    return f"({', '.join(columns)}){more}"


def _told(comment: str) -> str:
    return f' -- "{comment}"' if comment else ""
