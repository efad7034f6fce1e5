"""RunSQL and RunPython: statements by PostgreSQL's grammar, rows by the function's facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.code.facts import CodeFacts, RowWork
from hrmsops.safety.lowering.fields import join_table
from hrmsops.safety.sql import effects_of_sql, quoted_words

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene
    from hrmsops.safety.state import ModelState

Sent = tuple[e.Effect, int, int]
"""An effect, the number of the string that it is sent in, and its line."""


def effects_of(scene: Scene) -> list[Sent]:
    """What the operation does, in order."""
    operation = scene.operation
    if operation.kind == "RunSQL":
        found = [*_of_sql(scene)]
    else:
        found = [*_of_code(scene, operation.code)] if operation.code is not None else []
    if unread := operation.get("unread"):
        found.append((e.Opaque("", unread, "it is not in this checkout"), 0, operation.line))
    if operation.reverse != "code":
        quiet = e.Harmless | e.Setting | e.Mentions
        works = any(not isinstance(each, quiet) for each, _, _ in found)
        found.append((e.OneWay("", operation.reverse, works), 0, operation.line))
    return found


def _of_sql(scene: Scene) -> Iterator[Sent]:
    schema = scene.schema
    for number, each in enumerate(scene.operation.sql):
        if each.text is None:
            yield (
                e.Opaque("", each.written, "the SQL is made when the project runs"),
                number,
                each.line,
            )
            continue
        if _adds_a_value(scene):
            yield e.Mentions("", quoted_words(each.text)), number, each.line
        for effect in effects_of_sql(each.text, schema):
            yield _windowed(effect, "few"), number, each.line
            schema = schema.after(effect)


def _adds_a_value(scene: Scene) -> bool:
    """Whether an enumeration gets a value somewhere in this migration."""
    texts = (each.text or "" for step in scene.migration.operations for each in step.sql)
    return any("ADD VALUE" in text.upper() for text in texts)


def _windowed(effect: e.Effect, scope: str) -> e.Effect:
    """A window of keys is a few rows in one statement, and a batch where code may repeat it."""
    is_window = isinstance(effect, e.WriteRows) and effect.scope == "window"
    return structs.replace(effect, scope=scope) if is_window else effect


def _of_code(scene: Scene, facts: CodeFacts) -> Iterator[Sent]:
    number = 0
    for label, line in facts.live_models:
        yield e.LiveModel("", label), number, line
    for work in facts.works:
        number += 1
        yield _rows(scene, work), number, work.line
    for text, line, written in facts.sql:
        number += 1
        if text is None:
            yield e.Opaque("", written, "the SQL is made when the migration runs"), number, line
            continue
        for effect in effects_of_sql(text, scene.schema):
            yield _windowed(effect, "batch"), number, line
    for line, written in facts.gaps:
        yield e.Opaque("", written, "what it does is not in this function"), number + 1, line


def _rows(scene: Scene, work: RowWork) -> e.Effect:
    app, _, name = work.model.partition(".")
    model = scene.state.model(app, name) if name else None
    if work.relation:
        return _pairs(model, work)
    source = _table(scene, work.source)
    scope = work.scope
    if scope == "some" and model is not None and _picks_one(scene, work):
        scope = work.looped or "one"
    return e.WriteRows(
        model.table if model else "",
        work.verb,
        scope,
        source=source,
        line=work.line,
        is_row_by_row=work.is_row_by_row,
        by="code",
    )


def _pairs(model: ModelState | None, work: RowWork) -> e.Effect:
    """The rows that stand between two models; a list or dictionary in a column has no such rows."""
    field = model.fields.get(work.relation) if model else None
    if model is None or field is None or field.kind != "ManyToManyField":
        return e.Harmless("", "a value in memory is emptied")
    table = "" if field.get("through") else join_table(model, work.relation, field)
    return e.WriteRows(table, work.verb, work.scope, line=work.line, is_row_by_row=True, by="code")


def _table(scene: Scene, label: str) -> str:
    app, _, name = label.partition(".")
    return scene.state.model(app, name).table if name else ""


def _picks_one(scene: Scene, work: RowWork) -> bool:
    """Whether a filter names a key, so that one row is meant."""
    app, _, name = work.model.partition(".")
    model = scene.state.model(app, name)
    for each in work.filters:
        if each in ("pk", "id", "pk__exact", "id__exact"):
            return True
        field = model.fields.get(each.removesuffix("__exact").removesuffix("__iexact"))
        if field is not None and columns.is_unique(field):
            return True
    return False
