"""Values of settings in words: how TOML writes them, and what a person calls them."""

from __future__ import annotations

from typing import Any, get_origin

import msgspec

from hrmsops.config.duration import Duration, as_text, duration
from hrmsops.config.setting import sample_of

FOUND = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number with a fraction",
    list: "a list",
    dict: "a section",
}
WANTED = {
    bool: "true or false, without quotes",
    str: "text, in quotes",
    int: "a whole number, without quotes",
    Duration: 'a duration in quotes, such as "30s" or "5m"',
    tuple: "a list, in square brackets",
    dict: "a section, with a line for each name",
}
PLAIN_SAMPLES: dict[Any, Any] = {
    bool: True,
    str: "text",
    int: 1000,
    Duration: Duration(seconds=30),
    tuple: [],
}


def toml_value(value: Any) -> str:
    """A value as it is written in TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Duration):
        return toml_value(as_text(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(each) for each in value)}]"
    return msgspec.json.encode(value).decode()


def sample_text(kind: Any, note: msgspec.Meta | None) -> str:
    """A realistic value of a setting, as it is written in TOML."""
    sample = sample_of(note)
    if sample is None:
        sample = PLAIN_SAMPLES.get(get_origin(kind) or kind, "")
    return toml_value(sample)


def converted(tables: Any, kind: Any) -> Any:
    """The records of tables without mistakes; msgspec checks types and keys once more."""
    return msgspec.convert(tables, kind, dec_hook=_from_text)


def _from_text(kind: type, value: object) -> object:
    if kind is Duration and isinstance(value, str):
        return duration(value)
    raise TypeError(f"{kind.__name__} is not made from {type(value).__name__}")
