"""An order in which whatever is needed comes first; circles are found and named."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Order(Generic[T]):
    """`all` in order; members of one circle stand next to each other, and in `cycles`."""

    all: tuple[T, ...]
    cycles: tuple[tuple[T, ...], ...]


def ordered(nodes: Iterable[T], needs: Iterable[tuple[T, T]]) -> Order[T]:
    """The nodes so that in each pair of `needs` the second comes before the first.

    A node that needs itself is no circle. Order is otherwise as given (Kosaraju's algorithm).
    """
    known = list(dict.fromkeys(nodes))
    needed: dict[T, list[T]] = {node: [] for node in known}
    needing: dict[T, list[T]] = {node: [] for node in known}
    for node, other in needs:
        if node != other and node in needed and other in needed:
            needed[node].append(other)
            needing[other].append(node)
    finished: list[T] = []
    seen: set[T] = set()
    for node in reversed(known):
        finished.extend(_walk(node, needing, seen))
    seen.clear()
    groups = [_walk(node, needed, seen) for node in reversed(finished)]
    return Order(
        all=tuple(node for group in groups for node in sorted(group, key=known.index)),
        cycles=tuple(tuple(sorted(group, key=known.index)) for group in groups if len(group) > 1),
    )


def _walk(start: T, edges: dict[T, list[T]], seen: set[T]) -> list[T]:
    """What can be reached from `start` and was not seen, each after all that it leads to."""
    if start in seen:
        return []
    seen.add(start)
    finished: list[T] = []
    path = [(start, iter(edges[start]))]
    while path:
        node, further = path[-1]
        following = next((each for each in further if each not in seen), None)
        if following is None:
            finished.append(node)
            path.pop()
        else:
            seen.add(following)
            path.append((following, iter(edges[following])))
    return finished
