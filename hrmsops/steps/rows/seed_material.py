"""What a seed writes, made anew of the data and the models at hand: it is in no record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.engine.run import Run
from hrmsops.seed.catalogue import ADMINISTRATOR, chosen
from hrmsops.steps.rows.administrator import password_of
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.describing import Describer
    from hrmsops.seed.mapped import Mapped
    from hrmsops.seed.seeding import Due
    from hrmsops.steps.rows.seed_tables import SeedTables


def due_of(world: World, run: Run, step: SeedTables) -> list[Due]:
    """The tables with their rows, and with what the project itself fills new ones with.

    Raises what `material` raises, and AdministratorPasswordMissing, AdministratorPasswordRefused.
    """
    from hrmsops.django.describing import Describer
    from hrmsops.seed.material import material
    from hrmsops.seed.seeding import Due

    run.progress(f"Asking {world.environment.service}'s own Django for its models")
    new = {each.table: each.added for each in step.tables}
    with Describer(world.project) as describer:
        found = material(world.config, describer.models(), chosen(step.only, kind=step.kind))
        due = []
        for name in found.due:
            mapped, rows = found.mapped[name], found.rows(name)
            extra = _extra(describer, mapped, len(rows)) if new.get(name) else {}
            if name == ADMINISTRATOR and mapped.needs_password and new.get(name):
                hashed = describer.hashed(password_of(world))
                extra |= {e.column: [hashed] for e in mapped.fills if e.how == "password"}
            due.append(Due(mapped=mapped, rows=rows, extra=extra))
    return due


def _extra(describer: Describer, mapped: Mapped, rows: int) -> dict[str, list[str | None]]:
    fixed = {e.column: [e.value] * rows for e in mapped.fills if e.how == "value"}
    if not mapped.called:
        return fixed
    called = describer.values(mapped.model, mapped.called, rows)
    return fixed | {e.column: called[e.field] for e in mapped.fills if e.how == "each"}
