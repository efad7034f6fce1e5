"""Everything that is known of what is seeded before the database is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from msgspec import structs

from hrmsops.config import Config
from hrmsops.config.seed_settings import Administrator
from hrmsops.django.models import Models
from hrmsops.errors.seed import SeedDataWrong, SeedSettingUnknown
from hrmsops.seed.catalogue import ADMINISTRATOR, SPECS, Spec
from hrmsops.seed.checks import problems
from hrmsops.seed.fitting import Texts, require_fit, texts
from hrmsops.seed.mapped import Mapped
from hrmsops.seed.mapping import mapped
from hrmsops.seed.reading import read
from hrmsops.seed.table import Row, Table


@dataclass(frozen=True, kw_only=True)
class Material:
    """The data, where they go, and the names of the tables that are due, in their order."""

    tables: Mapping[str, Table]
    mapped: Mapping[str, Mapped]
    due: tuple[str, ...]

    def rows(self, name: str) -> list[Texts]:
        """The rows of a table as PostgreSQL reads them."""
        return texts(self.mapped[name], self.tables[name])


def data(config: Config, specs: Iterable[Spec]) -> dict[str, Table]:
    """The data of these tables, checked; raises SeedFileUnreadable, SeedDataWrong."""
    own = config.folder / config.seed.data if config.seed.data else None
    found = read(specs, own)
    if ADMINISTRATOR in found:
        found[ADMINISTRATOR] = _called(found[ADMINISTRATOR], config.seed.administrator)
    if wrong := problems(found):
        names = dict.fromkeys(each.partition(":")[0] for each in wrong)
        raise SeedDataWrong(problems=wrong, files=tuple(_shown(found[each]) for each in names))
    return found


def material(config: Config, models: Models, specs: Sequence[Spec]) -> Material:
    """How `specs` go into the project.

    Raises what `data` raises; SeedSettingUnknown, SeedTableUnmapped, SeedModelUnfit,
    SeedValuesUnfit.
    """
    _require_known(config)
    due = [each for each in specs if each.table not in config.seed.skip]
    needed = {each.table for each in due}
    needed |= {parent for each in due for parent in each.references.values()}
    with_parents = [each for each in SPECS if each.table in needed]
    tables = data(config, with_parents)
    fits = mapped(with_parents, tables, models, config.seed)
    require_fit(fits, tables, models)
    return Material(tables=tables, mapped=fits, due=tuple(each.table for each in due))


def _require_known(config: Config) -> None:
    """A section of a table that there is not would be passed over in silence."""
    known = [each.table for each in SPECS]
    for path, names in (("tables", config.seed.tables), ("skip", config.seed.skip)):
        for name in names:
            if name not in known:
                near = get_close_matches(name, known, n=2)
                raise SeedSettingUnknown(where=f"[seed] {path}", name=name, near=tuple(near))


def _called(table: Table, settings: Administrator) -> Table:
    """The test administrator as it is configured."""
    own = {"username": settings.username, "email": settings.email}
    rows = tuple(_with(row, own) for row in table.rows)
    return replace(table, rows=rows)


def _with(row: Row, values: Mapping[str, str]) -> Row:
    return structs.replace(row, values={**row.values, **values})


def _shown(table: Table) -> str:
    file = Path(table.origin)
    is_below = file.is_absolute() and file.is_relative_to(Path.cwd())
    return str(file.relative_to(Path.cwd())) if is_below else table.origin
