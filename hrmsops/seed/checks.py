"""What must be true of reference data before a row of it is written; nothing here reads a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from hrmsops.seed.amounts import bands, contributions
from hrmsops.seed.catalogue import PAYROLL_ROLES, SPECS, Spec
from hrmsops.seed.table import Table

APART = (("payroll.prepare", "payroll.approve"), ("payroll.approve", "payroll.pay"))
"""Pairs of permissions that no one role may hold: separation of duties."""

Tables = Mapping[str, Table]


def problems(tables: Tables) -> tuple[str, ...]:
    """Everything that is wrong with these tables, as sentences; none where all is well."""
    found: list[str] = []
    for spec in SPECS:
        if (table := tables.get(spec.table)) is not None:
            found += [f"{spec.table}: {each}" for each in _of_table(spec, table, tables)]
    return tuple(found)


def _of_table(spec: Spec, table: Table, tables: Tables) -> Iterator[str]:
    yield from unique(spec, table)
    yield from references(spec, table, tables)
    if own := _OWN.get(spec.table):
        yield from own(table)


def unique(spec: Spec, table: Table) -> Iterator[str]:
    """Each row has its key, and none has another's."""
    for key in spec.keys:
        counts = Counter(tuple(row.values.get(name) for name in key) for row in table.rows)
        for values, count in counts.items():
            if None in values or "" in values:
                yield f"a row has no {' and '.join(key)}"
            elif count > 1:
                told = ", ".join(str(each) for each in values)
                yield f"{' and '.join(key)} {told} is there {count} times"


def references(spec: Spec, table: Table, tables: Tables) -> Iterator[str]:
    """Each value that names a row of another table names one that is there."""
    for field, parent in spec.references.items():
        if parent not in tables:
            continue
        key = next(each for each in SPECS if each.table == parent).keys[0][0]
        known = {row.values.get(key) for row in tables[parent].rows}
        missing = dict.fromkeys(row.values.get(field) for row in table.rows)
        for value in missing:
            if value not in known:
                yield f"{field} {value} is not among {parent}"


def banks(table: Table) -> Iterator[str]:
    """A bank has two digits, and its GIP code begins with them."""
    for row in table.rows:
        prefix, code = str(row.values.get("prefix")), str(row.values.get("gip_code"))
        if not (len(prefix) == 2 and prefix.isascii() and prefix.isdigit()):
            yield f'"{prefix}" is not two digits'
        elif not (_has_six_digits(code) and code.startswith(prefix)):
            yield f"GIP code {code} is not one of bank {prefix}"


def sort_codes(table: Table) -> Iterator[str]:
    """A sort code has six digits, the first two of which are its bank's."""
    for row in table.rows:
        code, bank = str(row.values.get("code")), str(row.values.get("bank"))
        if not _has_six_digits(code):
            yield f'"{code}" is not six digits'
        elif not code.startswith(bank):
            yield f"sort code {code} is not one of bank {bank}"


def duties(table: Table) -> Iterator[str]:
    """No one role holds two permissions that are kept apart."""
    held: dict[str, set[str]] = {}
    for row in table.rows:
        held.setdefault(str(row.values.get("role")), set()).add(str(row.values.get("permission")))
    for role, permissions in held.items():
        for one, other in APART:
            if {one, other} <= permissions:
                yield f"{role} holds both {one} and {other}"


def _has_six_digits(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()


_OWN: Mapping[str, Callable[[Table], Iterator[str]]] = {
    "tax_brackets": bands,
    "ssnit_rates": contributions,
    "banks": banks,
    "bank_branches": sort_codes,
    PAYROLL_ROLES: duties,
}
