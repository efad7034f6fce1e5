"""Whether a revision's code runs on the schema of today. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hrmsops.gcp.resources import Revision
from hrmsops.rollback.code_facts import CodeFacts
from hrmsops.rollback.known import Known, no, unknown, yes
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.sighting import SchemaFacts, Seen

SHOWN_MAX = 3


def applied_after(revision: Revision, schema: SchemaFacts) -> tuple[Applied, ...]:
    """What was applied since the revision was made and its code does not have, oldest first.

    The ledger knows which migrations an image's code has; else the times are compared.
    """
    has = _leaves(revision, schema.leaves_by_image)
    later = (each for each in schema.applied if each.at > revision.created_at)
    return tuple(each for each in later if not _is_in(each.migration, has))


def fits(revision: Revision, schema: Seen[SchemaFacts], code: CodeFacts | None) -> Known:
    """Yes, no, or unknown, with what it rests on."""
    if schema.value is None:
        return unknown(f"migrations could not be read: {schema.why or 'nobody looked'}")
    later = tuple(each.migration for each in applied_after(revision, schema.value))
    if not later:
        return yes(f"no migration that {revision.name} does not have was applied (inferred)")
    if code is None:
        return unknown(f"{some(later)} came after {revision.name}, and no code is at hand to read")
    if missing := code.missing(later):
        return unknown(f"the code at hand has no {some(missing)}")
    broken = [(name, code.breaks_old[name]) for name in later if name in code.breaks_old]
    if broken:
        name, why = broken[0]
        return no(f"{name} takes from {revision.name} what it needs: {why[0]}")
    return yes(f"{some(later)} came after {revision.name}; none of them breaks it (read)")


def some(names: tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
    return ", ".join(names[:SHOWN_MAX]) + more


def _leaves(revision: Revision, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return next((leaves for image, leaves in known.items() if image in revision.image), ())


def _is_in(migration: str, leaves: tuple[str, ...]) -> bool:
    """Whether a code with these leaves has the migration; Django numbers them in their order."""
    app, _, name = migration.partition(".")
    return any(each.partition(".")[0] == app and name <= each.partition(".")[2] for each in leaves)
