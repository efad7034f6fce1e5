"""What kind a statement is of, and what it may be called."""

import re

NAME = r'((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)'
"""A table's or an index's, with its schema where that is said."""
_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_BUILD = re.compile(
    r'CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|[\w$]+)',
    re.IGNORECASE,
)
_CONCURRENT = re.compile(
    r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY"
    r"|REINDEX\b.*\bCONCURRENTLY|REFRESH\s+MATERIALIZED\s+VIEW\s+CONCURRENTLY"
    r"|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY|VACUUM\b(?!.*\bFULL\b))",
    re.IGNORECASE | re.DOTALL,
)
_VALIDATE = re.compile(r"ALTER\s+TABLE\b.*\bVALIDATE\s+CONSTRAINT\b", re.IGNORECASE | re.DOTALL)
_SCHEMA = re.compile(
    r"(?:ALTER|CREATE|DROP|TRUNCATE|LOCK|COMMENT|REINDEX|CLUSTER|GRANT|REVOKE|REASSIGN"
    r"|SET\s+CONSTRAINTS|DO)\b",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"\$(\w*)\$.*?(?:\$\1\$|\Z)|'(?:[^']|'')*(?:'|\Z)", re.DOTALL)
_NUMBERS = re.compile(r"(?<![\w\"$])\d[\d.]*(?![\w\"])")
_DESTROYS = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|SCHEMA|MATERIALIZED)|\bTRUNCATE\b|\bDELETE\s+FROM\b|\bUPDATE\s+"
    + NAME
    + r"\s+(?:AS\s+\w+\s+)?SET\b|\bALTER\s+COLUMN\s+\S+\s+TYPE\b|\bDROP\s+(?:IDENTITY|EXPRESSION)",
    re.IGNORECASE,
)
_DROPS = re.compile(r"\s*(DROP|ALTER\b.*\bDROP\b)", re.IGNORECASE | re.DOTALL)


def kind_of(sql):
    """`concurrent`, `validate`, `schema` or `data`: which timeouts a statement runs under."""
    text = _COMMENTS.sub("", sql)
    if _CONCURRENT.match(text):
        return "concurrent"
    if _VALIDATE.match(text):
        return "validate"
    return "schema" if _SCHEMA.match(text) else "data"


def head(sql, length=120):
    """The beginning of a statement without any of its values."""
    text = _NUMBERS.sub("?", _TEXTS.sub("'…'", _COMMENTS.sub("", sql)))
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def without_texts(sql):
    """A statement whose texts are empty: what they hold is not looked for words."""
    return _TEXTS.sub("''", sql)


def destroys(sql):
    """Whether it takes away or overwrites what rows hold."""
    return bool(_DESTROYS.search(without_texts(sql)))


def drops(sql):
    """Whether what it works on is gone after it."""
    return bool(_DROPS.match(sql))


def index_built_by(sql):
    """The index that it builds concurrently; None where it builds none."""
    matched = _BUILD.match(_COMMENTS.sub("", sql))
    return matched and matched[1]


def text_of(sql, connection):
    """A statement as text, in whichever form the driver was given it."""
    if isinstance(sql, str):
        return sql
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    if hasattr(sql, "as_string"):
        return sql.as_string(connection.connection)
    return str(sql)
