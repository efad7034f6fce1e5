"""What an error of the database says, without any value of a row."""

from __future__ import annotations

from typing import Any


def sqlstate_of(error: BaseException | None) -> str:
    """The SQLSTATE behind an error of Django's; "" where there is none."""
    while error is not None:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if found:
            return str(found)
        error = error.__cause__
    return ""


def why(error: BaseException) -> str:
    """A sentence: never the error's own text, which can quote a row."""
    state, cause = sqlstate_of(error), error.__cause__
    if not state:
        return f"A batch failed with {type(error).__name__}."
    diag: Any = getattr(cause, "diag", None)
    names = [getattr(diag, each, None) for each in ("table_name", "column_name", "constraint_name")]
    about = ", ".join(str(each) for each in names if each)
    return f"A batch failed with SQLSTATE {state}{f' at {about}' if about else ''}."
