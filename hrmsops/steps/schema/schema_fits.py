"""What a schema should be after a run, and in what it is not so."""

from __future__ import annotations

import msgspec

from hrmsops.postgres.session import Target


class SchemaWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The structure of a scratch database migrated just so far; "" with `why` where unknown.

    It travels in the plan: whoever resumes may have no server to make it again. `drift` is in what
    the database differed from its migrations before anything was done, `expected` what a rehearsal
    has shown that the reverse leaves, and was accepted: neither counts afterwards.
    """

    structure: str = ""
    why: str = ""
    drift: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.structure)

    @property
    def uncounted(self) -> tuple[str, ...]:
        return (*self.drift, *self.expected)


def differing(target: Target, wanted: SchemaWanted) -> list[str]:
    """In what the database is not as wanted, in words; none where nothing is known."""
    from hrmsops.postgres.session import connect
    from hrmsops.postgres.structure import differences, unpacked
    from hrmsops.postgres.structure_reading import read_structure

    if not wanted.is_known:
        return []
    with connect(target, read_only=True) as session:
        found = read_structure(session)
    return [each.sentence() for each in differences(found, unpacked(wanted.structure))]
