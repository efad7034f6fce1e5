"""The verbs of every plan, by where they act."""

from __future__ import annotations

from typing import Any

from hrmsops.engine.step import Step, StepCatalog


def catalog() -> StepCatalog:
    """Every step there is, found by walking this package."""
    from importlib import import_module
    from pkgutil import walk_packages

    kinds: list[type[Step[Any]]] = []
    for found in walk_packages(__path__, f"{__name__}."):
        module = import_module(found.name)
        kinds += [
            member
            for member in vars(module).values()
            if isinstance(member, type) and issubclass(member, Step) and "name" in vars(member)
        ]
    return StepCatalog(kinds)
