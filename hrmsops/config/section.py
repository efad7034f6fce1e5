"""What every table of the file is: a frozen record that takes no key it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; `derived` names what hrmsops fills in itself."""

    derived: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """A setting that is right by itself and cannot stand beside another, and the reason."""
        return None
