"""An error by its code and the names in it."""


def trouble(error):
    """An error by its code and the names in it."""
    facts = {"sqlstate": "", "error": type(error).__name__, "about": "", "column": "", "said": ""}
    lines = str(error).strip().splitlines()
    facts["said"] = lines[0][:300] if lines else ""
    while error is not None:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        diag = getattr(error, "diag", None)
        if found and not facts["sqlstate"]:
            facts["sqlstate"] = found
        if diag is not None:
            names = (diag.table_name, diag.column_name, diag.constraint_name)
            facts["about"] = ", ".join(name for name in names if name)
            facts["column"] = diag.column_name or ""
        error = error.__cause__
    return facts
