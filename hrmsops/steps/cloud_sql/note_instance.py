"""Take note of an instance before anything is done about it."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.world import World


class NoteInstance(Step[World], frozen=True, kw_only=True):
    """Keep its settings, flags, labels and users in the record: a clone may not carry them all."""

    name: ClassVar[str] = "note-instance"
    changes: ClassVar[bool] = False

    instance: str

    def sentence(self) -> str:
        return f"Take note of settings, flags and users of {self.instance}"

    def apply(self, world: World, run: Run) -> Result:
        seen = world.cloud_sql.instance(self.instance)
        return {
            "version": seen.database_version,
            "settings": seen.settings,
            "users": list(world.cloud_sql.users(self.instance)),
            "replicas": list(seen.replicas),
        }
