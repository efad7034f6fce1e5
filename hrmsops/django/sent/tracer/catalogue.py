"""The catalogue at one moment."""

from .free import FREE

RELATIONS = f"""
SELECT c.oid::int8, c.oid::regclass::text, c.relkind, c.relfilenode::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v') AND {FREE}"""
COLUMNS = f"""
SELECT a.attrelid::int8, a.attnum, a.attname, a.attnotnull, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n
ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {FREE}"""
INDEXES = f"""
SELECT i.indexrelid::int8, i.indrelid::int8, x.relname, x.relfilenode::int8, i.indisvalid
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') AND {FREE}"""
CONSTRAINTS = f"""
SELECT k.oid::int8, k.conrelid::int8, k.conname, k.contype, k.convalidated,
pg_get_constraintdef(k.oid), k.conkey FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype IN ('c', 'f', 'u', 'p', 'x')
AND {FREE}"""


class Look:
    """The catalogue at one moment, by the numbers that survive a rename."""

    def __init__(self, ask):
        self.tables = {oid: (name, kind, node) for oid, name, kind, node in ask(RELATIONS)}
        self.columns = {(oid, num): rest for oid, num, *rest in ask(COLUMNS)}
        self.indexes = {oid: rest for oid, *rest in ask(INDEXES)}
        self.constraints = {oid: rest for oid, *rest in ask(CONSTRAINTS)}
