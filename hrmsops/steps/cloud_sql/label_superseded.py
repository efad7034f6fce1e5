"""Write on an instance what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import CallRefused, EtagStale
from hrmsops.gcp.sql_resources import Instance
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.steps.cloud_sql.made_instance import is_busy, seen
from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED
from hrmsops.world import World

LABEL_MAX = 63
"""Characters of a label's value (Google Cloud, labels)."""
DEADLINE = timedelta(minutes=20)
TRIES_MAX = 5


class LabelSuperseded(Step[World], frozen=True, kw_only=True):
    """`hrmsops-superseded-by` on the instance that is left; "" takes the label away again.

    An instance that is gone needs no label, and one that has failed takes none: that is said, and
    keeps nobody from the database that serves.
    """

    name: ClassVar[str] = "label-superseded"

    instance: str
    by: str

    def sentence(self) -> str:
        if not self.by:
            return f"Take the label {SUPERSEDED} off {self.instance}"
        return f"Label {self.instance} as superseded by {self.by}; it is kept"

    def find(self, world: World, run: Run) -> Result | None:
        found = seen(self.instance, world)
        if found is None:
            return {"findings": [f"{self.instance} is gone"]}
        if refused := run.noted(run.at_step).get("refused"):
            return {"findings": [f"it takes no label: {refused}"]}
        return {} if found.labels.get(SUPERSEDED, "") == self._value else None

    def apply(self, world: World, run: Run) -> Result:
        for _attempt in range(TRIES_MAX):
            found = seen(self.instance, world)
            if found is None or self.find(world, run) is not None:
                return {}
            try:
                self._ask(world, run, found)
                self._wait(world, run)
            except EtagStale:
                continue  # Somebody changed it meanwhile.
            except CallRefused as error:
                run.note(refused=error.why)
        return {}

    def _ask(self, world: World, run: Run, found: Instance) -> None:
        labels = {n: v for n, v in found.labels.items() if not n.startswith("sandbox-")}
        labels.pop(SUPERSEDED, None)
        labels |= {SUPERSEDED: self._value} if self.by else {}
        settings = {"userLabels": labels, "settingsVersion": str(found.settings_version)}
        ask_once(
            lambda: world.cloud_sql.patch(self.instance, settings),
            is_there=lambda: self.find(world, run) is not None,
            world=world,
            run=run,
        )

    def _wait(self, world: World, run: Run) -> None:
        def over() -> bool | None:
            return None if is_busy(self.instance, world) else True

        wait_for(
            f"Cloud SQL labels {self.instance}",
            over,
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )

    @property
    def _value(self) -> str:
        return self.by[-LABEL_MAX:].lstrip("-_") if len(self.by) > LABEL_MAX else self.by
