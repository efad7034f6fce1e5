"""How a failed migration is told: by code, names and place, never by the server's text."""

from __future__ import annotations

from typing import Any

SQLSTATES = {
    "": "the connection broke",
    "55P03": "a lock was not had in time",
    "57014": "a statement ran into its timeout or was cancelled",
    "40P01": "a deadlock with another session",
    "57P01": "somebody ended the session",
    "23502": "a row has no value where one is required",
    "23503": "a row refers to one that is not there",
    "23505": "two rows have the same key",
    "23514": "a row breaks a check",
    "22001": "a value is too long",
    "42501": "a right is missing",
    "42701": "the column is there already",
    "42P07": "the table or index is there already",
    "42710": "the constraint or other object is there already",
    "42703": "the column is not there",
    "42P01": "the table is not there",
}
MANY = 5


def listed(names: list[str] | tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:MANY])
    return f"{shown} and {len(names) - MANY} more" if len(names) > MANY else shown


def in_words(facts: dict[str, Any]) -> str:
    """What ended a migration, by code, names and place: never the server's text, which has rows."""
    state = facts.get("sqlstate", "")
    is_database = bool(state) or facts.get("is_lost")
    what = f"{facts['error']} in the migration's own code"
    if is_database:
        known = SQLSTATES.get(state, facts["error"])
        what = f"{known} (SQLSTATE {state})" if state else known
    about = f", {facts['about']}" if facts.get("about") else ""
    place = f", at {facts['place']}" if facts.get("place") else ""
    return f"{what}{about}{place}"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
