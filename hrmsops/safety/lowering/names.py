"""The names that Django gives to indexes and constraints, where nobody names them."""

from __future__ import annotations

from hashlib import md5

NAME_MAX = 63


def digest(*words: str) -> str:
    """Django's `names_digest` of eight characters."""
    found = md5(usedforsecurity=False)
    for word in words:
        found.update(word.encode())
    return found.hexdigest()[:8]


def generated(table: str, columns: tuple[str, ...], suffix: str) -> str:
    """Django's `_create_index_name`."""
    part = f"{digest(table, *columns)}{suffix}"
    name = f"{table}_{'_'.join(columns)}_{part}"
    if len(name) <= NAME_MAX:
        return name
    if len(part) > NAME_MAX / 3:
        part = part[: NAME_MAX // 3]
    other = (NAME_MAX - len(part)) // 2 - 1
    name = f"{table[:other]}_{'_'.join(columns)[:other]}_{part}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name
