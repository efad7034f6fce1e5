"""Our side of a description: the describer in the HRMS's interpreter, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from hrmsops.django.bridge import Event, Helper, Project
from hrmsops.django.models import Models
from hrmsops.django.parcel import parcel


class Describer(Helper):
    """The helper that knows the models; `with` ends it."""

    def __init__(self, project: Project) -> None:
        """Raises InterpreterMissing, ProjectNotLoadable."""
        self._alias = project.alias
        super().__init__(
            project,
            source=parcel("describer"),
            request={"settings": project.settings, "alias": project.alias},
            address="",
        )

    def __enter__(self) -> Self:
        try:
            self.ready(_unheard)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def models(self) -> Models:
        """Every model with a table; raises DatabaseAliasUnknown."""
        found = self.ask("describe", _unheard)
        return msgspec.convert({name: found[name] for name in ("models", "user")}, Models)

    def values(self, model: str, fields: Sequence[str], rows: int) -> dict[str, list[str | None]]:
        """What Django would call to fill these fields, for each of so many rows."""
        asked = {"model": model, "fields": list(fields), "rows": rows}
        found: dict[str, list[str | None]] = self.ask("values", _unheard, **asked)["values"]
        return found

    def hashed(self, password: str) -> str:
        """A password as Django stores it; raises AdministratorPasswordRefused."""
        return str(self.ask("hash", _unheard, password=password)["hash"])


def _unheard(event: Event) -> None:
    """Nothing comes before the answer."""
