"""`hrmsops.toml`, read once into frozen records."""

from __future__ import annotations

from hrmsops.config.loading import load
from hrmsops.config.settings import (
    Config,
    Database,
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
