"""What the HRMS's own code says is passed on without the password that it was given."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

INSTEAD = "[password]"


def hidden(value: Any, password: str) -> Any:
    """`value` with `password` in no text of it, however it was quoted there.

    An error of the project's can quote its settings, and those hold what we have put into them.
    """
    if not password:
        return value
    if isinstance(value, str):
        for written in _written(password):
            value = value.replace(written, INSTEAD)
        return value
    if isinstance(value, dict):
        return {name: hidden(each, password) for name, each in value.items()}
    return [hidden(each, password) for each in value] if isinstance(value, list) else value


def _written(password: str) -> tuple[str, ...]:
    """The ways to quote it, the longest first: one may be a part of another."""
    ways = {password, repr(password)[1:-1], json.dumps(password)[1:-1], quote(password, safe="")}
    return tuple(sorted(ways, key=len, reverse=True))
