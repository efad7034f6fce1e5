"""What the steps of a migration say of it, forwards and back."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.engine.step import Result

OPERATIONS_SHOWN = 2


def some_operations(operations: tuple[str, ...]) -> str:
    """The first of them, and how many more there are."""
    more = len(operations) - OPERATIONS_SHOWN
    rest = f"; {more} more" if more > 0 else ""
    return ("; ".join(operations[:OPERATIONS_SHOWN]) or "no operations") + rest


def waits(noted: Result) -> Iterator[str]:
    """What its locks took, as the step has noted it meanwhile."""
    if attempts := noted.get("attempts"):
        yield f"{attempts} attempts for its locks"
    if waited_for := noted.get("waited_for"):
        yield f"waited for {' and '.join(waited_for)}"
