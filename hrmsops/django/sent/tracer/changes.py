"""What happened between two looks."""


def changes(before, after, base):
    """What happened between two looks to what was there at `base`: (what, table, name)."""
    old = base.tables.keys()
    for oid in sorted(old & before.tables.keys()):
        name, kind, node = before.tables[oid]
        if oid not in after.tables:
            yield ("table-dropped" if kind != "v" else "view-dropped", name, "")
            continue
        new_name, _, new_node = after.tables[oid]
        if new_name != name:
            yield "table-renamed", name, new_name
        if node != new_node:
            yield "rewritten", name, ""
    kept = old & before.tables.keys() & after.tables.keys()
    yield from _columns(before, after, kept, base)
    yield from _indexes(before, after, kept, base)
    yield from _constraints(before, after, kept)


def _columns(before, after, kept, base):
    for (oid, num), (name, needed, _) in sorted(before.columns.items()):
        if oid not in kept or (oid, num) not in base.columns:
            continue
        table, now = before.tables[oid][0], after.columns.get((oid, num))
        if now is None:
            yield "column-dropped", table, name
            continue
        if now[0] != name:
            yield "column-renamed", table, name
        if now[1] and not needed and not _is_shown(before, oid, name):
            yield "not-null", table, name
    for oid, num in sorted(after.columns.keys() - before.columns.keys()):
        if oid in kept:
            yield "column-added", before.tables[oid][0], after.columns[oid, num][0]


def _is_shown(look, oid, column):
    """A valid CHECK says already that there is no NULL."""
    return any(
        table == oid and valid and f"{column} IS NOT NULL" in text.replace('"', "")
        for table, _, _, valid, text, _ in look.constraints.values()
    )


def _indexes(before, after, kept, base):
    nodes = {each[2] for each in before.indexes.values()}
    for oid, (table, name, node, valid) in sorted(after.indexes.items()):
        if table not in kept:
            continue
        if not valid and (oid not in before.indexes or before.indexes[oid][3]):
            yield "index-invalid", before.tables[table][0], name
        if node and node not in nodes:
            what = "index-rebuilt" if oid in before.indexes else "index-built"
            yield what, before.tables[table][0], name
    nodes = {each[2] for each in after.indexes.values()}
    of_constraints = {(each[0], each[1]) for each in before.constraints.values()}
    for oid, (table, name, node, _) in sorted(before.indexes.items()):
        is_gone = oid not in after.indexes and node not in nodes and oid in base.indexes
        if table in kept and is_gone and (table, name) not in of_constraints:
            yield "index-dropped", before.tables[table][0], name


def _constraints(before, after, kept):
    known = {(each[0], each[4]) for each in before.constraints.values() if each[3]}
    for oid, (table, name, kind, valid, text, keys) in sorted(after.constraints.items()):
        if table not in kept or kind not in "cf":
            continue
        was = before.constraints.get(oid)
        if was is None and not valid:
            yield "not-valid", before.tables[table][0], name
        elif was is not None and valid and not was[3]:
            yield "validated", before.tables[table][0], name
        elif was is None and (table, text) not in known:
            # A column that was just added without a value has nothing to be looked up.
            is_new = kind == "f" and all((table, key) not in before.columns for key in keys)
            yield "key-added" if is_new else "scanned", before.tables[table][0], name
