"""Made-up rows."""

import re

from .free import FREE
from .literals import literal
from .trouble import trouble

ROWS = 3
TO_FILL = f"""
SELECT c.oid::int8, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n
ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {FREE}"""
FILLED_COLUMNS = """
SELECT a.attnum, a.attname, a.attnotnull, coalesce(d.adbin IS NOT NULL, false), a.attidentity,
a.attgenerated, format_type(a.atttypid, a.atttypmod), t.typtype, t.typcategory, b.typname,
a.atttypmod,
(SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
FILLED_KEYS = """
SELECT k.conkey, k.confrelid::int8, k.confrelid::regclass::text,
(SELECT array_agg(quote_ident(a.attname) ORDER BY o.n)
 FROM unnest(k.confkey) WITH ORDINALITY AS o(num, n) JOIN pg_attribute a
 ON a.attrelid = k.confrelid AND a.attnum = o.num)
FROM pg_constraint k WHERE k.conrelid = %s AND k.contype = 'f'"""
CHECKS = """
SELECT conkey, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s AND contype = 'c'"""
_LITERAL = re.compile(r"'((?:[^']|'')*)'::(?:text|character varying|bpchar)")


def bare(name):
    """A table's name as Django has it."""
    return name.replace('"', "")


class Rows:
    """Three rows for every table that has none, made from what the catalogue says of its columns.

    The second row of a table has NULL wherever it may, unless `nulls` is off.
    """

    def __init__(self, ask, apart):
        """`apart`: what an INSERT that fails leaves nothing of."""
        self._ask, self._apart, self.nulls = ask, apart, True
        self.filled, self.unmade = {}, {}

    def fill(self, wanted=None):
        """Parents before children; what still cannot be made is in `unmade`, with the reason.

        `wanted` are the tables to begin with, by name; without it all of them.
        """
        names, keys = dict(self._ask(TO_FILL)), {}
        waiting = [oid for oid, name in names.items() if wanted is None or bare(name) in wanted]
        for oid in waiting:
            if oid not in keys:
                keys[oid] = self._ask(FILLED_KEYS, [oid])
                waiting += [key[1] for key in keys[oid] if key[1] in names]
        self._fill({oid: name for oid, name in names.items() if oid in keys}, keys)

    def _fill(self, waiting, keys):
        waiting = {oid: name for oid, name in waiting.items() if self._is_empty(name)}
        while waiting:
            free = [
                oid
                for oid in waiting
                if all(key[1] == oid or key[1] not in waiting for key in keys[oid])
            ]
            for oid in free or list(waiting)[:1]:
                self._table(oid, waiting.pop(oid), keys[oid])

    def empty(self):
        """Take away what was made."""
        known = {name for _, name in self._ask(TO_FILL)}
        names = [name for name in self.filled.values() if name in known]
        if names:
            self._ask(f"TRUNCATE {', '.join(names)} CASCADE")
        self.filled = {}

    def _is_empty(self, name):
        return not self._ask(f"SELECT 1 FROM {name} LIMIT 1")

    def _table(self, oid, name, keys):
        columns = self._ask(FILLED_COLUMNS, [oid])
        literals = {}
        for numbers, text in self._ask(CHECKS, [oid]):
            for each in numbers or ():
                literals.setdefault(each, []).extend(_LITERAL.findall(text))
        parents = self._parents(oid, keys)
        made, said = 0, ""
        for number in range(ROWS):
            for with_null in (self.nulls and number == 1, False, True):
                row = self._row(columns, number, with_null, parents, literals)
                if not (said := self._insert(name, row)):
                    made += 1
                    break
        if made:
            self.filled[oid] = name
        if made > 1:
            self.unmade.pop(name, None)
        else:
            self.unmade[name] = said

    def _parents(self, oid, keys):
        """For each column of a foreign key, what the referenced rows have."""
        found = {}
        for numbers, parent, name, columns in keys:
            rows = [] if parent == oid else self._ask(
                f"SELECT {', '.join(f'{each}::text' for each in columns)} FROM {name}"
                f" ORDER BY 1 LIMIT {ROWS}"
            )  # fmt: skip
            for place, number in enumerate(numbers):
                found[number] = [row[place] for row in rows]
        return found

    def _row(self, columns, number, with_null, parents, literals):
        row = {}
        for column in columns:
            place, name, needed, has_default, identity, generated = column[:6]
            if generated or identity:
                continue
            if place in parents:
                values = parents[place]
                is_null = not values or (with_null and not needed)
                row[name] = None if is_null else values[number % len(values)]
            elif has_default:
                continue
            elif with_null and not needed:
                row[name] = None
            else:
                row[name] = literal(column, number, literals.get(place))
        return {name: value for name, value in row.items() if value is not None}

    def _insert(self, name, row):
        quoted = ['"' + each.replace('"', '""') + '"' for each in row]
        values = ["'" + each.replace("'", "''") + "'" for each in row.values()]
        body = f"({', '.join(quoted)}) VALUES ({', '.join(values)})" if row else "DEFAULT VALUES"
        try:
            with self._apart():
                self._ask(f"INSERT INTO {name} {body}")
        except Exception as error:
            return trouble(error)["said"]
        return ""
