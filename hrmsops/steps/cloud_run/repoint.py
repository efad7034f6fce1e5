"""Lead a job or a worker pool to another database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Literal

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import CallNotAnswered, EtagStale
from hrmsops.gcp.resources import short
from hrmsops.steps.cloud_run.rebinding import is_at, is_hidden, led_to
from hrmsops.steps.cloud_run.writing import SETTLE_DEADLINE, SETTLE_POLL
from hrmsops.world import World

Json = dict[str, Any]

ASK_AGAIN_FOR = timedelta(minutes=2)
WORDS = {"jobs": "job", "workerPools": "worker pool"}


class Repoint(Step[World], frozen=True, kw_only=True):
    """The same template with `instance` where it names `old`; all else stays as it is.

    `resource` is its full name. One that reaches the instance already is left alone, and so is one
    that only a secret leads somewhere.
    """

    name: ClassVar[str] = "repoint"

    kind: Literal["jobs", "workerPools"]
    resource: str
    old: str
    instance: str

    def sentence(self) -> str:
        return f"Lead {WORDS[self.kind]} {short(self.resource)} to {self.instance}"

    def find(self, world: World, run: Run) -> Result | None:
        document = self._read(world)
        if document.get("reconciling") or not self._is_led(world, document):
            return None
        return {"instance": self.instance}

    def apply(self, world: World, run: Run) -> Result:
        until = world.clock.now() + ASK_AGAIN_FOR
        while True:
            document = self._read(world)
            if self._is_led(world, document):
                break
            try:
                self._write(world, self._led(world, document))
            except (EtagStale, CallNotAnswered) as error:
                # Whoever changed it meanwhile changed something else: ours goes on top of that.
                if world.clock.now() >= until:
                    raise
                run.progress(f"{error.why}; looking again")
                world.clock.sleep(timedelta(seconds=jitter(0.2, 1.0)))
        self._wait(world, run)
        return {}

    def _wait(self, world: World, run: Run) -> None:
        wait_for(
            f"{short(self.resource)} takes on its new template",
            lambda: None if self._read(world).get("reconciling") else True,
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=SETTLE_DEADLINE,
            every=SETTLE_POLL,
        )

    def _is_led(self, world: World, document: Json) -> bool:
        template = self._template(document)
        return is_hidden(template) or is_at(world, template, self.instance)

    def _read(self, world: World) -> Json:
        documents = world.run_documents
        read = documents.job if self.kind == "jobs" else documents.worker_pool
        return read(self.resource)

    def _write(self, world: World, document: Json) -> None:
        documents = world.run_documents
        write = documents.update_job if self.kind == "jobs" else documents.update_worker_pool
        write(document)

    def _template(self, document: Json) -> Json:
        """A job's is that of its tasks, one level further in."""
        outer: Json = document.get("template", {})
        return dict(outer.get("template", {})) if self.kind == "jobs" else outer

    def _led(self, world: World, document: Json) -> Json:
        holder = short(self.resource)
        template = self._template(document)
        made = led_to(world, template, holder=holder, old=self.old, new=self.instance)
        if self.kind == "jobs":
            made = {**document["template"], "template": made}
        return {**document, "template": made}
