"""What is known of a yes-or-no matter: yes, no, or that nobody could tell."""

from __future__ import annotations

import msgspec


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with what it rests on. `value` None is unknown; `evidence` then says why."""

    value: bool | None
    evidence: str = ""

    @property
    def is_yes(self) -> bool:
        return self.value is True

    def in_words(self) -> str:
        """ "yes", "no" or "unknown"."""
        return {True: "yes", False: "no", None: "unknown"}[self.value]


def yes(evidence: str) -> Known:
    """It is so."""
    return Known(value=True, evidence=evidence)


def no(evidence: str) -> Known:
    """It is not so."""
    return Known(value=False, evidence=evidence)


def unknown(evidence: str) -> Known:
    """Nobody could tell, and why."""
    return Known(value=None, evidence=evidence)
