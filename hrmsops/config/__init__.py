"""`hrmsops.toml`, read once into frozen records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hrmsops.config.database_settings import Database
    from hrmsops.config.loading import load
    from hrmsops.config.settings import (
        Config,
        Django,
        Environment,
        Health,
        Hold,
        Notify,
        Safety,
        Timeouts,
    )

__all__ = [
    "Config",
    "Database",
    "Django",
    "Environment",
    "Health",
    "Hold",
    "Notify",
    "Safety",
    "Timeouts",
    "load",
]


def __getattr__(name: str) -> Any:
    """Loaded when it is asked for: where nothing is configured, a check does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "loading" if name == "load" else "settings"
    return getattr(import_module(f"{__name__}.{home}"), name)
