"""Values for made-up rows, as text that PostgreSQL reads."""

import re
from datetime import date, timedelta


def literal(column, number, allowed):
    """A value of a column as text: each row has another where the type can tell them apart."""
    place, (type_text, kind, category, base), labels = column[0], column[6:10], column[11]
    if labels:
        return labels[number % len(labels)]
    if category == "A":
        return "{}"
    if kind in ("r", "m"):
        return "empty" if kind == "r" else "{}"
    if category == "S" or base == "citext":
        if allowed:
            return allowed[number % len(allowed)].replace("''", "'")
        length = re.search(r"\((\d+)\)", type_text)
        return f"r{number}"[-int(length[1]) :] if length else f"row {number}"
    day = date(2020, 1, 1) + timedelta(days=place * 7 + number)
    return {
        "bool": "true" if number else "false",
        "date": day.isoformat(),
        "timestamp": f"{day} 08:00:00",
        "timestamptz": f"{day} 08:00:00+00",
        "time": f"08:0{number}:00",
        "timetz": f"08:0{number}:00+00",
        "interval": f"{number + 1} hours",
        "uuid": f"00000000-0000-4000-8000-{place:06}{number:06}",
        "json": "{}",
        "jsonb": "{}",
        "hstore": "",
        "bytea": "\\x00",
        "inet": f"10.0.0.{number + 1}",
        "cidr": f"10.0.{number}.0/24",
        "macaddr": f"08:00:2b:01:02:0{number}",
        "tsvector": "row",
        "ltree": f"row{number}",
        "xml": "<a/>",
    }.get(base, f"0.{number + 1}" if _is_fraction(column) else str(number + 1))


def _is_fraction(column):
    """numeric(p, s) that has no place before its point."""
    size = re.search(r"numeric\((\d+),(\d+)\)", column[6])
    return bool(size) and int(size[1]) <= int(size[2])
