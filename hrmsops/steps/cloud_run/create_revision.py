"""Make a revision that is another one bound to another database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cloud import CallNotAnswered, EtagStale
from hrmsops.errors.cutover import RevisionNotStarted
from hrmsops.gcp.resources import Revision, Service
from hrmsops.gcp.traffic import Traffic
from hrmsops.steps.cloud_run.changed import traffic_changed
from hrmsops.steps.cloud_run.rebinding import led_to
from hrmsops.steps.cloud_run.writing import settled
from hrmsops.world import World

ASK_AGAIN_FOR = timedelta(minutes=2)
REVISION_NAME_MAX = 63
"""Characters of a revision's name (Cloud Run, `template.revision`)."""


class CreateRevision(Step[World], frozen=True, kw_only=True):
    """The whole template of `like`, its image by digest, bound to `instance`; nobody is sent to it.

    The same call pins the traffic to where it is (`traffic`): a service that follows its latest
    revision would follow to this one. The name carries the run's id, so that it is found again.
    Source: services.patch with `updateMask=template,traffic`, Cloud Run Admin API v2.
    """

    name: ClassVar[str] = "create-revision"
    loses_data: ClassVar[bool] = True

    service: str
    revision: str
    like: str
    old: str
    instance: str
    before: Traffic
    traffic: Traffic

    def sentence(self) -> str:
        return f"Make {self.revision}, as {self.like} but on the new database; nobody is sent there"

    def find(self, world: World, run: Run) -> Result | None:
        seen = world.cloud_run.service(self.service)
        made = self._seen(world)
        if made is None or seen.is_reconciling:
            return None
        if made.trouble:
            raise RevisionNotStarted(revision=self.revision, why=made.trouble, run=run.id)
        return {"revision": made.name, "image": made.image, "bound_to": made.bound_to}

    def apply(self, world: World, run: Run) -> Result:
        until = world.clock.now() + ASK_AGAIN_FOR
        template = self._template(world)
        while self._seen(world) is None:
            seen = self._expected(world, run)
            try:
                operation = self._ask(world, template, etag=seen.etag)
            except EtagStale:
                self._expected(world, run)  # Raises where it was somebody else.
            except CallNotAnswered as error:
                if world.clock.now() >= until:
                    raise
                run.progress(f"{error.why}; looking again")
                world.clock.sleep(timedelta(seconds=jitter(0.5, 1.5)))
            else:
                run.note(operation=operation)
                break
        settled(world, run, self.service)
        return {}

    def rehearse(self, world: World) -> str | None:
        """Source: `validateOnly` of services.patch. Not before the new instance is there."""
        if self.instance not in {each.name for each in world.cloud_sql.instances()}:
            return None
        etag = world.cloud_run.service(self.service).etag
        self._ask(world, self._template(world), etag=etag, validate_only=True)
        return "Cloud Run would accept the new revision (validateOnly)."

    def _ask(
        self, world: World, template: dict[str, Any], *, etag: str, validate_only: bool = False
    ) -> str:
        return world.run_documents.create_revision(
            self.service,
            self.revision,
            template,
            traffic=self.traffic,
            etag=etag,
            validate_only=validate_only,
        )

    def _template(self, world: World) -> dict[str, Any]:
        like = world.run_documents.template(f"{self.service}/revisions/{self.like}")
        return led_to(world, like, holder=self.like, old=self.old, new=self.instance)

    def _expected(self, world: World, run: Run) -> Service:
        """The service while its traffic is as the plan found it, or as our own call leaves it."""
        seen = world.cloud_run.service(self.service)
        if seen.traffic not in (self.before, self.traffic):
            raise traffic_changed(seen, since=self.before, run=run)
        return seen

    def _seen(self, world: World) -> Revision | None:
        revisions = world.cloud_run.revisions(self.service)
        return next((each for each in revisions if each.name == self.revision), None)


def name_of_revision(service: str, *, run: str) -> str:
    """`SERVICE-RUN`, or less of the run's id where the service's name leaves less room."""
    return f"{service}-{run[-(REVISION_NAME_MAX - len(service) - 1) :].lstrip('-')}"
