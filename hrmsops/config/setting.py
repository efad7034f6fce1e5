"""What is known of one setting: its meaning, a sample, and the rule for its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

import msgspec

Rule = Callable[[str], str | None]
"""A value in, the reason why it cannot be used out; None when it can."""


def setting(meaning: str, *, sample: Any = None, rule: Rule | None = None) -> msgspec.Meta:
    """The page, the sample and the rule of a setting, beside its type and its default.

    `meaning` begins in lower case and ends with a full stop: it stands in the docs, in the comments
    that `init` writes, and in the error for a missing value.
    """
    return msgspec.Meta(description=meaning, examples=[sample], extra={"rule": rule})


def described(kind: Any) -> tuple[Any, msgspec.Meta | None]:
    """The plain type below an Annotated one, and its setting."""
    if get_origin(kind) is Annotated:
        plain, *notes = get_args(kind)
        meta = next((note for note in notes if isinstance(note, msgspec.Meta)), None)
        return plain, meta
    return kind, None


def meaning_of(meta: msgspec.Meta | None) -> str:
    """The sentence that says what a setting is for."""
    return (meta.description or "") if meta else ""


def rule_of(meta: msgspec.Meta | None) -> Rule | None:
    """The rule for the values of a setting, if it has one."""
    return meta.extra.get("rule") if meta and meta.extra else None


def sample_of(meta: msgspec.Meta | None) -> Any:
    """A realistic value, None where the default says enough."""
    return meta.examples[0] if meta and meta.examples else None
