"""A backfill as a migration runs it: in batches by primary key, each a transaction of its own."""

from __future__ import annotations

from hrmsops.safety.rewrite.rewrite import Part, Phase
from hrmsops.safety.rewrite.typing_code import call, quoted, run_sql

TEXT = '''\
def {function}(apps, schema_editor):
    """Fill {field} where it is empty, {rows} rows at a time; begun again, it goes on."""
    {model} = apps.get_model("{app}", "{model}")
    rows = {model}._base_manager.using(schema_editor.connection.alias)
    empty = rows.filter({field}__isnull=True{more}).order_by("pk"){once}
    last = None
    while True:
        rest = empty if last is None else empty.filter(pk__gt=last)
        batch = list(rest.values_list("pk", flat=True)[:{rows}])
        if not batch:
            break
{write}
        last = batch[-1]
        time.sleep(0.02)  # Others come in between.'''
AT_ONCE = "        rows.filter(pk__in=batch, {field}__isnull=True).update({field}=value)"
EACH = """\
        for key in batch:
            rows.filter(pk=key, {field}__isnull=True).update({field}={value})"""
BATCH_ROWS = 1000


def backfill(
    *,
    app: str,
    model: str,
    field: str,
    value: str,
    imports: tuple[str, ...],
    copied_from: str = "",
    vacuumed: str = "",
    each_its_own: bool = False,
) -> Part:
    """Rows without a value get it. On the way back they keep it: the column goes later.

    Where it is `copied_from` another field, rows that are empty there as well stay so. A table that
    was written from end to end is `vacuumed`: else autovacuum would be at it just when the next
    migration wants its lock, and lets go of it only after a second in which everybody waits. With
    `each_its_own` the value is a call that is made again for each row.
    """
    more = f", {copied_from}__isnull=False" if copied_from else ""
    function = f"fill_{model.lower()}_{field}"
    write = EACH if each_its_own else AT_ONCE
    text = TEXT.format(
        function=function,
        app=app,
        model=model,
        field=field,
        once="" if each_its_own else f"\n    value = {value}",
        write=write.format(field=field, value=value),
        rows=BATCH_ROWS,
        more=more,
    )
    run = call("migrations.RunPython", code=function, reverse_code="migrations.RunPython.noop")
    return Part(
        phase=Phase.BACKFILL,
        operations=(run, run_sql(f"VACUUM ANALYZE {quoted(vacuumed)}", None))
        if vacuumed
        else (run,),
        imports=("import time", *imports),
        functions=(text,),
    )
