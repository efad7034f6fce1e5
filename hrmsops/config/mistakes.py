"""Every mistake of a file at once, each with the path of the setting it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import msgspec

from hrmsops.config import rules
from hrmsops.config.duration import Duration, duration
from hrmsops.config.section import Section
from hrmsops.config.setting import described, meaning_of, rule_of
from hrmsops.config.settings import Environment
from hrmsops.config.values import FOUND, WANTED, sample_text, toml_value
from hrmsops.errors.config import (
    MissingSetting,
    SettingError,
    SettingNotUsable,
    SettingOfWrongType,
    UnknownSetting,
)
from hrmsops.errors.usage import DurationNotUnderstood


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: where, and the facts that its error makes a sentence of."""

    path: str
    kind: type[SettingError]
    facts: Mapping[str, Any]

    def error(self, *, file: str, prefix: str, others: list[str]) -> SettingError:
        """The error for the operator, with the paths of the other mistakes."""
        return self.kind(file=file, path=f"{prefix}{self.path}", others=others, **self.facts)


def mistakes_in(tables: Mapping[str, Any], kind: type[Section]) -> list[Mistake]:
    """All mistakes of the tables that should make up `kind`, unknown keys of a section first."""
    return list(_of_section(tables, kind, ""))


def _of_value(
    value: Any, kind: Any, path: str, outer: msgspec.Meta | None = None
) -> Iterator[Mistake]:
    kind, inner = described(kind)
    note = inner or outer
    if get_origin(kind) is UnionType:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Section):
        yield from _of_section(value, kind, path)
    elif get_origin(kind) is dict:
        yield from _of_names(value, get_args(kind)[1], path, note)
    elif get_origin(kind) is tuple:
        yield from _of_list(value, kind, path, note)
    else:
        yield from _of_scalar(value, kind, path, note)


def _of_section(value: Any, kind: type[Section], path: str) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield _wrong_type(path, value, dict, "{}")
        return
    fields = {f.name: f for f in msgspec.structs.fields(kind) if f.name not in kind.derived}
    before = f"{path}." if path else ""
    found = [_unknown(key, before, fields) for key in value if key not in fields]
    found += [_missing(f, before) for f in fields.values() if f.required and f.name not in value]
    for key in (key for key in value if key in fields):
        found.extend(_of_value(value[key], fields[key].type, before + key))
    yield from found or _of_clash(value, kind, before)


def _of_clash(value: dict[str, Any], kind: type[Section], before: str) -> Iterator[Mistake]:
    if clash := kind.clash(value):
        key, reason = clash
        facts = {"why": reason, "mend": f"change or remove {key}"}
        yield Mistake(f"{before}{key}", SettingNotUsable, facts)


def _of_names(value: Any, kind: Any, path: str, note: msgspec.Meta | None) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield _wrong_type(path, value, dict, "{}")
        return
    for name, content in value.items():
        place = f"{path}.{name}"
        if kind is Environment and (reason := rules.environment(name)):
            facts = {"why": reason, "mend": f"rename [environments.{name}]"}
            yield Mistake(place, SettingNotUsable, facts)
        else:
            yield from _of_value(content, kind, place, note)


def _of_list(value: Any, kind: Any, path: str, note: msgspec.Meta | None) -> Iterator[Mistake]:
    if not isinstance(value, list):
        yield _wrong_type(path, value, tuple, sample_text(kind, note))
        return
    for number, content in enumerate(value):
        yield from _of_value(content, get_args(kind)[0], f"{path}[{number}]")


def _of_scalar(value: Any, kind: Any, path: str, note: msgspec.Meta | None) -> Iterator[Mistake]:
    sample = sample_text(kind, note)
    is_choice = get_origin(kind) is Literal
    # `type() is`, because to Python true is a whole number, and to TOML it is not.
    if type(value) is not (str if is_choice or kind is Duration else kind):
        yield _wrong_type(path, value, str if is_choice else kind, sample)
    elif is_choice:
        yield from _of_choice(value, get_args(kind), path)
    elif reason := _reason_against(value, kind, note):
        mend = f"write {path.rpartition('.')[2]} = {sample}"
        yield Mistake(path, SettingNotUsable, {"why": reason, "mend": mend})


def _of_choice(value: str, choices: tuple[str, ...], path: str) -> Iterator[Mistake]:
    if value not in choices:
        near = (get_close_matches(value, choices, n=1) or choices)[0]
        reason = f'"{value}" is none of {", ".join(choices)}.'
        mend = f"write {path.rpartition('.')[2]} = {toml_value(near)}"
        yield Mistake(path, SettingNotUsable, {"why": reason, "mend": mend})


def _reason_against(value: Any, kind: Any, note: msgspec.Meta | None) -> str | None:
    if kind is Duration:
        try:
            duration(value)
        except DurationNotUnderstood as error:
            return f"{error.what} {error.why}"
    rule = rule_of(note)
    return rule(value) if rule else None


def _unknown(key: str, before: str, fields: Mapping[str, Any]) -> Mistake:
    near = get_close_matches(key, fields, n=1)
    facts = {"nearest": near[0] if near else None, "known": list(fields)}
    return Mistake(f"{before}{key}", UnknownSetting, facts)


def _missing(field: msgspec.structs.FieldInfo, before: str) -> Mistake:
    kind, note = described(field.type)
    facts = {"sample": sample_text(kind, note), "meaning": meaning_of(note)}
    return Mistake(f"{before}{field.name}", MissingSetting, facts)


def _wrong_type(path: str, value: Any, kind: Any, sample: str) -> Mistake:
    found = FOUND.get(type(value), "a date or a time")
    facts = {"found": found, "wanted": WANTED[kind], "sample": sample}
    return Mistake(path, SettingOfWrongType, facts)
