"""The rewrites, a module each, found by walking this package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.safety.rewrite.rewrite import Rewrite


@cache
def rewrites_by_operation() -> Mapping[str, Rewrite]:
    """Which rewrite takes each kind of migration operation."""
    from importlib import import_module
    from pkgutil import iter_modules

    found: dict[str, Rewrite] = {}
    for module in iter_modules(__path__):
        rewrite: Rewrite = import_module(f"{__name__}.{module.name}").REWRITE
        for kind in rewrite.takes:
            found[kind] = rewrite
    return found
