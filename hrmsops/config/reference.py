"""The settings as rows of a page: path, type, default and meaning, from the records themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import msgspec

from hrmsops.config.duration import Duration
from hrmsops.config.section import Section
from hrmsops.config.setting import described, meaning_of
from hrmsops.config.settings import Config
from hrmsops.config.values import sample_text, toml_value

NAMES = {str: "text", bool: "true or false", int: "whole number", Duration: "duration"}


@dataclass(frozen=True)
class Row:
    """One setting. `default` None: it has to be said."""

    name: str
    kind: str
    default: str | None
    sample: str
    meaning: str


@dataclass(frozen=True)
class Part:
    """One section of the file; `path` is empty for the file itself."""

    path: str
    meaning: str
    rows: tuple[Row, ...]


def parts(kind: type[Section] = Config, path: str = "") -> Iterator[Part]:
    """Every section of the file, outer ones first."""
    fields = [f for f in msgspec.structs.fields(kind) if f.name not in kind.derived]
    rows = tuple(_row(f) for f in fields if _section_of(f.type) is None)
    if rows:
        yield Part(path, (kind.__doc__ or "").partition("\n")[0], rows)
    for field in fields:
        if (section := _section_of(field.type)) is not None:
            yield from parts(section, _path_below(path, field))


def _path_below(path: str, field: msgspec.structs.FieldInfo) -> str:
    below = f"{path}.{field.name}" if path else field.name
    plain, _ = described(field.type)
    return f"{below}.NAME" if get_origin(plain) is dict else below


def _section_of(kind: Any) -> type[Section] | None:
    plain, _ = described(kind)
    candidates = (plain, *(get_args(plain) if get_origin(plain) in (UnionType, dict) else ()))
    found = (each for each in candidates if isinstance(each, type) and issubclass(each, Section))
    return next(found, None)


def _row(field: msgspec.structs.FieldInfo) -> Row:
    plain, note = described(field.type)
    return Row(
        name=field.name,
        kind=_kind(plain),
        default=None if field.required else _default(field),
        sample=sample_text(plain, note),
        meaning=meaning_of(note),
    )


def _kind(plain: Any) -> str:
    if get_origin(plain) is Literal:
        return ", ".join(toml_value(each) for each in get_args(plain))
    if get_origin(plain) is tuple:
        return "list of text"
    if get_origin(plain) is dict:
        return f"{_kind(described(get_args(plain)[1])[0])} by name"
    return NAMES[plain]


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory()
    if isinstance(value, dict):
        return ", ".join(f"{key} {content:_}" for key, content in value.items()) or "none"
    return toml_value(value)
