"""What a schema is made of, in words that two databases can be compared by. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

Parts = Mapping[str, str]
"""Of one table: `column id`, `index x`, `constraint y`, and the words that define it. The table
itself is under ""."""
Structure = Mapping[str, Parts]
"""By table; a sequence that no column owns stands beside the tables."""

NAMED = ("index", "constraint", "trigger", "sequence")
"""What a server names by itself: the same under another name is the same."""
_INDEX_NAME = re.compile(r"^(CREATE (?:UNIQUE )?INDEX) \S+ ")
_TRIGGER_NAME = re.compile(r"^(CREATE (?:CONSTRAINT )?TRIGGER) \S+ ")


class Difference(NamedTuple):
    """One part that is not as it should be; `found` or `wanted` is "" where it is not there."""

    table: str
    part: str
    found: str
    wanted: str

    def sentence(self) -> str:
        """ "column code of staff is text, and should be text NOT NULL"."""
        what = f"{self.part} of {self.table}" if self.part else self.table
        if not self.found:
            words = f": {self.wanted}" if self.part else ""
            return f"{what} is missing{words}"
        if not self.wanted:
            return f"{what} is there, and should not be"
        return f"{what} is {self.found}, and should be {self.wanted}"


def differences(found: Structure, wanted: Structure) -> tuple[Difference, ...]:
    """What `found` would have to change to be `wanted`, by table and part.

    A table that is missing, or too many, is one difference. Names that a server made up do not
    count, nor does the order of columns.
    """
    return tuple(
        difference
        for table in sorted({*found, *wanted})
        for difference in _of_table(table, found.get(table), wanted.get(table))
    )


def _of_table(table: str, found: Parts | None, wanted: Parts | None) -> Iterator[Difference]:
    if found is None or wanted is None:
        is_there = found is not None
        word = (found or wanted or {}).get("", "table")
        yield Difference(table, "", word * is_there, word * (not is_there))
        return
    loose_found, loose_wanted = _unmatched(found, wanted), _unmatched(wanted, found)
    for part in sorted({*loose_found, *loose_wanted}):
        yield Difference(table, part, loose_found.get(part, ""), loose_wanted.get(part, ""))


def _unmatched(parts: Parts, others: Parts) -> dict[str, str]:
    """Those of `parts` that are not in `others`, by what they are where names do not count."""
    left = Counter(_nameless(part, words) for part, words in others.items())
    unmatched = {}
    # What has its own name there too comes first: another of the same words is the one too many.
    for part in sorted(parts, key=lambda each: (others.get(each) != parts[each], each)):
        key = _nameless(part, parts[part])
        if left[key]:
            left[key] -= 1
        else:
            unmatched[part] = parts[part]
    return unmatched


def _nameless(part: str, words: str) -> tuple[str, str]:
    kind = part.partition(" ")[0]
    if kind not in NAMED:
        return part, words
    return kind, _TRIGGER_NAME.sub(r"\1 ", _INDEX_NAME.sub(r"\1 ", words))


def packed(structure: Structure) -> str:
    """The same as one short text, for a plan and its record."""
    import base64
    import zlib

    text = msgspec.json.encode(structure, order="sorted")
    return base64.b64encode(zlib.compress(text, 9)).decode()


def unpacked(text: str) -> Structure:
    """What `packed` made a text of."""
    import base64
    import zlib

    return msgspec.json.decode(
        zlib.decompress(base64.b64decode(text)), type=dict[str, dict[str, str]]
    )
