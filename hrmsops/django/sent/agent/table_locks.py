"""Which locks statements take, by their words."""

import re

from .statements import NAME, without_texts

_LOCKS = (
    (
        "SHARE UPDATE EXCLUSIVE",
        re.compile(r"\bINDEX\s+CONCURRENTLY\b.*?\bON\s+" + NAME, re.I | re.S),
    ),
    ("SHARE UPDATE EXCLUSIVE", re.compile(r"\bALTER\s+TABLE\s+" + NAME + r"\s+VALIDATE\b", re.I)),
    (
        "SHARE",
        re.compile(
            r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY).*?\bON\s+" + NAME, re.I | re.S
        ),
    ),
    (
        "ACCESS EXCLUSIVE",
        re.compile(r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?" + NAME, re.I),
    ),
    ("ACCESS EXCLUSIVE", re.compile(r"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?" + NAME, re.I)),
    ("ACCESS EXCLUSIVE", re.compile(r"\bTRUNCATE\s+(?:TABLE\s+)?" + NAME, re.I)),
    ("SHARE ROW EXCLUSIVE", re.compile(r"\bREFERENCES\s+" + NAME, re.I)),
    (
        "ROW EXCLUSIVE",
        re.compile(r"\b(?:UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+(?:ONLY\s+)?" + NAME, re.I),
    ),
)
_STRENGTH = (
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def locks_of(statements):
    """Each table that these statements name, with the strongest lock that they take on it."""
    found = {}
    for sql in statements:
        text = without_texts(sql)
        new = set(re.findall(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + NAME, text, re.I))
        for lock, pattern in _LOCKS:
            for name in pattern.findall(text):
                table = name.replace('"', "")
                if name not in new and _is_weaker(found.get(table), lock):
                    found[table] = lock
    return found


def _is_weaker(known, lock):
    return known is None or _STRENGTH.index(known) < _STRENGTH.index(lock)
