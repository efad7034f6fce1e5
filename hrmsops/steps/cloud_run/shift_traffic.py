"""Shift a service's traffic."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cloud import CallRefused, EtagStale, ResourceMissing
from hrmsops.errors.rollback import ShiftFailed, TrafficChanged
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import Traffic
from hrmsops.steps.cloud_run.changed import traffic_changed
from hrmsops.steps.cloud_run.writing import raise_if_gone, write
from hrmsops.world import World


class ShiftTraffic(Step[World], frozen=True, kw_only=True):
    """Ask for `want` where the service is still as the plan found it: `before`, truly `serving`.

    `latest` is the revision that LATEST in `want` stood for, "" where nothing follows it: what was
    deployed since was neither shown nor probed.

    Source: services.patch with `updateMask=traffic`, Cloud Run Admin API v2.
    """

    name: ClassVar[str] = "shift-traffic"

    service: str
    before: Traffic
    serving: Traffic
    want: Traffic
    latest: str = ""

    def sentence(self) -> str:
        return f"Shift traffic of {short(self.service)}: {self.want.sentence()}"

    def find(self, world: World, run: Run) -> Result | None:
        seen = world.cloud_run.service(self.service)
        if seen.traffic != self.want or not seen.is_as_asked:
            return None
        return {"serving": seen.serving, "generation": seen.generation}

    def apply(self, world: World, run: Run) -> Result:
        try:
            seen = write(
                world, run, service=self.service, change=lambda seen: self._change(seen, run)
            )
        except (CallRefused, ResourceMissing) as error:
            raise_if_gone(world, self.service, self._revisions, error)
            raise
        if seen.failure and not seen.is_as_asked:
            failed = ShiftFailed(service=short(self.service), why=seen.failure)
            raise_if_gone(world, self.service, self._revisions, failed)
            raise failed
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Put back what was asked for before, where our own wish still stands.

        A failed update leaves `traffic` and `trafficStatuses` different, which breaks the next
        deploy; someone else's wish is theirs to keep.
        """

        def back(seen: Service) -> Traffic | None:
            return self.before if seen.traffic == self.want else None

        try:
            return write(world, run, service=self.service, change=back).is_as_asked
        except (EtagStale, TrafficChanged):
            return True

    def rehearse(self, world: World) -> str:
        """Source: `validateOnly` of services.patch; Cloud Run checks and changes nothing."""
        etag = world.cloud_run.service(self.service).etag
        world.cloud_run.update_traffic(self.service, self.want, etag=etag, validate_only=True)
        return "Cloud Run would accept the new traffic (validateOnly)."

    @property
    def _revisions(self) -> set[str]:
        return {revision for revision, _percent in self.want.shares}

    def _follows_another(self, seen: Service) -> bool:
        return bool(self.latest) and seen.latest_ready != self.latest

    def _change(self, seen: Service, run: Run) -> Traffic | None:
        if seen.traffic == self.want and (seen.is_as_asked or not seen.failure):
            return None
        if (
            seen.traffic != self.before
            or seen.statuses.shares != self.serving.shares
            or self._follows_another(seen)
        ):
            raise traffic_changed(seen, since=self.before, run=run)
        return self.want
