"""From a file to frozen records, or to the first of its mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hrmsops.config.finding import Found, named, nearest, shown
from hrmsops.config.mistakes import mistakes_in
from hrmsops.config.settings import Config
from hrmsops.config.values import converted


def load(path: Path | None = None, *, start: Path | None = None) -> Config:
    """The configuration at `path`, or the nearest one upwards from `start` (the current folder).

    Nothing found means all defaults and `Config.path` None. Raises ConfigNotReadable, ConfigNotToml
    or the SettingError of the first mistake; the others are named in its `why`.
    """
    found = named(path) if path else nearest((start or Path.cwd()).absolute())
    return read(found) if found else Config()


def read(found: Found) -> Config:
    """The records of the tables in `found`; raises the SettingError of the first mistake."""
    if mistakes := mistakes_in(found.tables, Config):
        first, *others = mistakes
        paths = [f"{found.prefix}{each.path}" for each in others]
        raise first.error(file=shown(found.path), prefix=found.prefix, others=paths)
    config: Config = converted(_with_names(found.tables), Config)
    return msgspec.structs.replace(config, path=found.path)


def _with_names(tables: dict[str, Any]) -> dict[str, Any]:
    environments = tables.get("environments", {})
    named_sections = {name: {**section, "name": name} for name, section in environments.items()}
    return {**tables, "environments": named_sections}
