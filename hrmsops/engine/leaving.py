"""What is to be tidied up before the process ends, however it ends in an orderly way."""

from __future__ import annotations

from collections.abc import Callable

from hrmsops.errors.base import HrmsopsError

_tidying: list[Callable[[], tuple[str, ...]]] = []


def at_the_end(tidy: Callable[[], tuple[str, ...]]) -> None:
    """Call `tidy` before the process ends; it names what it had to leave behind."""
    if tidy not in _tidying:
        _tidying.append(tidy)


def tidied() -> tuple[str, ...]:
    """Tidy up, the last first; sentences about what is left, for people."""
    left: list[str] = []
    while _tidying:
        try:
            left += _tidying.pop()()
        except HrmsopsError as error:
            left.append(f"{error.what} {error.why}")
    return tuple(left)
