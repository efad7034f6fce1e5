"""A commented `hrmsops.toml`, new or with an environment added to one that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import msgspec

from hrmsops.config.finding import PYPROJECT, shown
from hrmsops.config.placing import place
from hrmsops.config.section import Section
from hrmsops.config.setting import described, meaning_of
from hrmsops.config.settings import Django, Environment
from hrmsops.errors.init import ConfigNotWritable, EnvironmentExists

if TYPE_CHECKING:
    from tomlkit.items import Table

OPENING = (
    "What hrmsops knows of this project. Each setting is explained beside it.",
    "A protected environment is chosen by --env alone.",
)

Instead = Mapping[str, Sequence[str]]
"""By setting: lines of comment that stand where it would."""
NOTHING: Final[Instead] = MappingProxyType({})


def new_file(
    name: str,
    environment: Mapping[str, Any],
    *,
    django: Mapping[str, Any] | None = None,
    instead: Instead = NOTHING,
) -> str:
    """The text of a file with one environment; values left out stand there with their defaults."""
    import tomlkit

    document = tomlkit.document()
    for line in OPENING:
        document.add(tomlkit.comment(line))
    if django:
        document.add(tomlkit.nl())
        document.add("django", _table(Django, django))
    _add(document, name, environment, instead)
    return tomlkit.dumps(document).rstrip() + "\n"


def with_environment(
    text: str,
    name: str,
    environment: Mapping[str, Any],
    *,
    path: Path,
    instead: Instead = NOTHING,
) -> str:
    """The text of the file at `path` with one environment more; all else stays as it was.

    Raises EnvironmentExists.
    """
    import tomlkit

    document = tomlkit.parse(text)
    ours: Any = document
    if path.name == PYPROJECT:
        for key in ("tool", "hrmsops"):
            ours = ours.setdefault(key, tomlkit.table(is_super_table=True))
    if name in ours.get("environments", {}):
        raise EnvironmentExists(file=shown(path), name=name)
    _add(ours, name, environment, instead)
    return tomlkit.dumps(document).rstrip() + "\n"


def write(path: Path, text: str, *, is_new: bool) -> None:
    """The whole file or nothing; a new one never replaces what appeared there meanwhile.

    Raises ConfigNotWritable.
    """
    try:
        place(path, text, is_new=is_new)
    except OSError as error:
        raise ConfigNotWritable(file=shown(path), problem=error.strerror or str(error)) from error


def _add(tables: Any, name: str, environment: Mapping[str, Any], instead: Instead) -> None:
    import tomlkit

    if "environments" not in tables:
        tables.add("environments", tomlkit.table(is_super_table=True))
    tables["environments"].add(name, _table(Environment, environment, instead))


def _table(kind: type[Section], values: Mapping[str, Any], instead: Instead = NOTHING) -> Table:
    import tomlkit

    table = tomlkit.table()
    for field in msgspec.structs.fields(kind):
        plain, note = described(field.type)
        if field.name in instead:
            for line in instead[field.name]:
                table.add(tomlkit.comment(line))
        elif field.name in values and isinstance(values[field.name], Mapping):
            table.add(field.name, _table(_record(plain), values[field.name]))
        elif field.name in values or (
            note and get_origin(plain) is not dict and not field.required
        ):
            value = values.get(field.name, field.default)
            item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
            table.add(field.name, item.comment(meaning_of(note)))
    if not any(isinstance(value, Mapping) for value in values.values()):
        table.add(tomlkit.nl())
    return table


def _record(kind: Any) -> type[Section]:
    """The section of `Section | None`."""
    return next(iter(get_args(kind)), kind)  # type: ignore[no-any-return]
