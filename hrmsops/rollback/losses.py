"""What a reverse would take with it, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hrmsops.rollback.migration_facts import ReversalFacts, Reverse


def told(facts: ReversalFacts, look: Callable[[Reverse], Iterable[str]]) -> tuple[str, ...]:
    """`app.name: words` for all that `look` says of each migration."""
    return tuple(f"{each.full_name}: {words}" for each in facts.reverses for words in look(each))


def lost(each: Reverse) -> list[str]:
    """What goes with it, counted; nothing of a kind that loses nothing that is there."""
    return _of(each, [loss.sentence() for loss in each.losses if loss.count != 0])


def about(each: Reverse) -> list[str]:
    """The same in round numbers."""
    return _of(each, [loss.about() for loss in each.losses if loss.count != 0])


def loses(each: Reverse) -> bool:
    """Whether data that are there would go: a fake reverse can drop a column beside."""
    if each.kind == "lossy":
        return not each.loses_nothing
    return any(loss.count != 0 for loss in each.losses)


def _of(each: Reverse, counted: list[str]) -> list[str]:
    if not loses(each):
        return []
    empty = [why for why in each.why if "comes back empty" in why]
    return counted + empty or list(each.why[:1])
