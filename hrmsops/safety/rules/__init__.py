"""The rules, a module each, found by walking this package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.safety.effects import Effect
    from hrmsops.safety.rule import Rule


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id."""
    from importlib import import_module
    from pkgutil import iter_modules

    found: dict[str, Rule] = {}
    for module in iter_modules(__path__):
        rule = getattr(import_module(f"{__name__}.{module.name}"), "RULE", None)
        if rule is not None:
            found[rule.id] = rule
    return dict(sorted(found.items()))


@cache
def rules_by_effect() -> Mapping[type[Effect], tuple[Rule, ...]]:
    """The rules that look at each kind of effect."""
    found: dict[type[Effect], tuple[Rule, ...]] = {}
    for rule in all_rules().values():
        for kind in rule.looks_at:
            found[kind] = (*found.get(kind, ()), rule)
    return found
