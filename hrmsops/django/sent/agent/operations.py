"""A migration's operations: what they are, and in which order they are gone through."""

import hashlib
import sys

from .statements import head


def forth(migration, state):
    """Each operation, how it is done, and the states on its two sides."""
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        yield operation, operation.database_forwards, before, state


def back(migration, state):
    """The same from the last operation to the first; `state` is the one before the migration."""
    found = []
    for operation in migration.operations:
        before, state = state, state.clone()
        operation.state_forwards(migration.app_label, state)
        found.append((operation, operation.database_backwards, state, before))
    return found[::-1]


def in_order(migration, backwards):
    """In the order in which they are gone through."""
    return migration.operations[::-1] if backwards else migration.operations


def parts(migration, backwards, operation, statement):
    """What of a migration is there once it has stopped at an operation."""
    names = [described(each) for each in in_order(migration, backwards)]
    if migration.atomic:
        stands = {"done": [], "stopped_at": "", "undone": names, "statements": 0}
    else:
        stands = {
            "done": names[:operation],
            "stopped_at": "".join(names[operation : operation + 1]),
            "undone": names[operation + 1 :],
            "statements": statement,
        }
    return {"is_atomic": bool(migration.atomic), **stands}


def document(migration, *, backwards):
    """What both ways tell of a migration."""
    return {
        "app": migration.app_label,
        "name": migration.name,
        "is_atomic": bool(migration.atomic),
        "replaces": [".".join(each) for each in migration.replaces],
        "operations": [
            {
                "kind": type(each).__name__,
                "text": described(each),
                "is_reversible": bool(each.reversible),
                "is_code": not each.reduces_to_sql,
            }
            for each in in_order(migration, backwards)
        ],
        "fingerprint": fingerprint(migration),
    }


def described(operation):
    """What an operation does, where Django's own word is "Raw SQL operation"."""
    code = getattr(operation, "code", None)
    if callable(code):
        return f"Run Python: {getattr(code, '__name__', 'code')}"
    sql = getattr(operation, "sql", None)
    if isinstance(sql, (list, tuple)) and sql:
        sql = sql[0][0] if isinstance(sql[0], (list, tuple)) else sql[0]
    if isinstance(sql, str):
        return f"Run SQL: {head(sql, 60)}"
    return operation.describe()


def fingerprint(migration):
    """A name for the migration's code: what is applied is what was shown."""
    path = getattr(sys.modules.get(type(migration).__module__), "__file__", None) or ""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        text = repr(migration.operations).encode()
    return hashlib.sha256(text).hexdigest()[:16]
