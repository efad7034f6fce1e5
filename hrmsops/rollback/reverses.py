"""What reversing a migration would do: the four classes that "reversible" hides."""

from __future__ import annotations

from typing import Literal

import msgspec

ReverseClass = Literal["lossless", "lossy", "fake", "irreversible"]


class Reverse(msgspec.Struct, frozen=True, kw_only=True):
    """One migration's reverse, as measured on Django 5.2.

    `lossless` brings back what was; `lossy` drops columns or rows written since, or brings columns
    back empty; `fake` does nothing and leaves the damage; `irreversible` cannot be run at all.
    """

    migration: str
    kind: ReverseClass
    why: tuple[str, ...] = ()

    @property
    def is_real(self) -> bool:
        """Whether it undoes what the migration did, at whatever cost to later writes."""
        return self.kind in ("lossless", "lossy")

    @property
    def is_lossless(self) -> bool:
        return self.kind == "lossless"

    def sentence(self) -> str:
        """ "payroll.0003_amounts is lossy: it drops payroll_payslip.net"."""
        return f"{self.migration} is {self.kind}{f': {self.why[0]}' if self.why else ''}"


def worst(reverses: tuple[Reverse, ...]) -> ReverseClass:
    """The class of a whole plan: that of its worst migration."""
    order: tuple[ReverseClass, ...] = ("lossless", "lossy", "fake", "irreversible")
    return max((each.kind for each in reverses), key=order.index, default="lossless")
