"""What may be told of an error, and how."""

import os
import traceback


def sqlstate(error):
    """PostgreSQL's code for an error or for what caused it; "" where it has none."""
    while error is not None:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if found:
            return found
        error = error.__cause__
    return ""


def said(error):
    """Why a login failed; libpq's words hold no values of any row."""
    return " ".join(str(error).split())[:500]


def trouble(error):
    """What may be told of an error: never its text, which can quote a row."""
    facts = {"sqlstate": sqlstate(error), "error": type(error).__name__, "about": "", "place": ""}
    cause = error
    while cause is not None:
        diag = getattr(cause, "diag", None)
        if diag is not None:
            names = (diag.table_name, diag.column_name, diag.constraint_name)
            facts["about"] = ", ".join(name for name in names if name)
            facts["error"] = type(cause).__name__
        cause = cause.__cause__
    root = os.getcwd() + os.sep
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(root) and "site-packages" not in frame.filename:
            facts["place"] = f"{frame.filename[len(root) :]}, line {frame.lineno}"
    return facts


def plain(value):
    """A value as JSON can hold it."""
    return value.isoformat() if hasattr(value, "isoformat") else value
