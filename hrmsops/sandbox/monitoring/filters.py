"""Monitoring filters: comparisons joined by AND, which is all that is asked of one metric.

Unlike Cloud Monitoring: no OR, no NOT, no parentheses, no comparison of numbers; those are 400.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hrmsops.sandbox.api import invalid

Matches = Callable[[str], bool]

_STRING = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf"""\s*(?:AND\s+)?
    (?P<field>[a-z_]+(?:\.[a-z_]+)*)\s*(?P<operator>!=|=)\s*
    (?:(?P<function>starts_with|ends_with|has_substring|one_of)\s*\(\s*
        (?P<words>{_STRING}(?:\s*,\s*{_STRING})*)\s*\)
      |(?P<value>{_STRING}))\s*""",
    re.VERBOSE,
)


class Filter:
    """What a series must be: `metric.type`, `resource.type`, and labels of either."""

    def __init__(self, text: str) -> None:
        """400 for what is no such filter, or names no metric."""
        self._terms: list[tuple[str, Matches]] = []
        position = 0
        while position < len(text):
            found = _TERM.match(text, position)
            if found is None:
                raise invalid(f"Could not parse filter: {text[position:]}", field_name="filter")
            self._terms.append(_term(found))
            position = found.end()
        if "metric.type" not in {field for field, _ in self._terms}:
            message = "The filter must specify a single metric type."
            raise invalid(message, field_name="filter")

    def takes(self, series: Mapping[str, str]) -> bool:
        """Whether a series, flat by field, is one of those that are meant."""
        return all(matches(series.get(field, "")) for field, matches in self._terms)


def _term(found: re.Match[str]) -> tuple[str, Matches]:
    field = re.sub(r"\.label\.", ".labels.", found["field"])
    words = [_plain(word) for word in re.findall(_STRING, found["words"] or found["value"])]
    matches = _function(found["function"], words)
    if found["operator"] == "!=":
        return field, lambda value: not matches(value)
    return field, matches


def _function(name: str | None, words: list[str]) -> Matches:
    if name not in (None, "one_of") and len(words) > 1:
        raise invalid(f"{name} takes one string.", field_name="filter")
    match name:
        case "starts_with":
            return lambda value: value.startswith(words[0])
        case "ends_with":
            return lambda value: value.endswith(words[0])
        case "has_substring":
            return lambda value: words[0] in value
    return lambda value: value in words


def _plain(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1])
