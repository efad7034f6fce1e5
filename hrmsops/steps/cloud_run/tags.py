"""Tags that hrmsops itself sets: one to probe through, one that marks the last good revision."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cloud import EtagStale
from hrmsops.errors.rollback import ShiftFailed, TrafficChanged
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import Traffic
from hrmsops.steps.cloud_run.changed import require_alone, traffic_changed
from hrmsops.steps.cloud_run.health import HEALTHY
from hrmsops.steps.cloud_run.writing import Change, raise_if_gone, write
from hrmsops.world import World

LAST_GOOD = "last-good"
TRIES_MAX = 5


class TagRevision(Step[World], frozen=True, kw_only=True):
    """Give an idle revision a URL of its own; no user is sent there.

    Asked for only while the service is still as the plan found it (`before`).
    """

    name: ClassVar[str] = "tag-revision"
    is_scaffold: ClassVar[bool] = True

    service: str
    revision: str
    tag: str
    before: Traffic

    def sentence(self) -> str:
        return f"Give {self.revision} a URL of its own (tag {self.tag}); no user is sent there"

    def find(self, world: World, run: Run) -> Result | None:
        seen = world.cloud_run.service(self.service)
        if not self._is_live(seen):
            return None
        return {"url": seen.tag_urls.get(self.tag, "")}

    def apply(self, world: World, run: Run) -> Result:
        def tagged(seen: Service) -> Traffic | None:
            wanted = self.before.with_tag(self.tag, self.revision)
            if seen.traffic == wanted:
                return None
            if seen.traffic != self.before:
                raise traffic_changed(seen, since=self.before, run=run)
            return wanted

        seen = write(world, run, service=self.service, change=tagged)
        if seen.failure and not self._is_live(seen):
            failed = ShiftFailed(service=short(self.service), why=seen.failure)
            raise_if_gone(world, self.service, {self.revision}, failed)
            raise failed
        return {}

    def _is_live(self, seen: Service) -> bool:
        """Asked for and true; what else failed on this service is not for a tag to mend."""
        tags = (dict(traffic.tags).get(self.tag) for traffic in (seen.traffic, seen.statuses))
        return not seen.is_reconciling and all(revision == self.revision for revision in tags)

    def revert(self, world: World, run: Run) -> bool:
        """Take the tag away from whatever the traffic is by now."""

        def untagged(seen: Service) -> Traffic | None:
            is_there = self.tag in dict(seen.traffic.tags)
            return seen.traffic.without_tag(self.tag) if is_there else None

        return retag(world, run, self.service, untagged)


class TagLastGood(Step[World], frozen=True, kw_only=True):
    """Mark the revision that was seen healthy under traffic, for the next rollback to find.

    `after` is the number of the health check that must have said so. Whoever resumes the run may
    find that somebody else has shifted since: then it has not done what it was for.
    """

    name: ClassVar[str] = "tag-last-good"

    service: str
    revision: str
    after: int

    def sentence(self) -> str:
        return f"Mark {self.revision} as seen healthy (tag {LAST_GOOD})"

    def find(self, world: World, run: Run) -> Result | None:
        if (run.result(self.after) or {}).get("verdict") != HEALTHY:
            return {"tagged": False}
        seen = world.cloud_run.service(self.service)
        is_tagged = dict(seen.traffic.tags).get(LAST_GOOD) == self.revision
        return {"tagged": True} if is_tagged and not seen.is_reconciling else None

    def apply(self, world: World, run: Run) -> Result:
        if (run.result(self.after) or {}).get("verdict") == HEALTHY:
            require_alone(world.cloud_run.service(self.service), self.revision, run=run)

            def tagged(seen: Service) -> Traffic | None:
                wanted = seen.traffic.with_tag(LAST_GOOD, self.revision)
                return wanted if wanted != seen.traffic else None

            retag(world, run, self.service, tagged)
        return {}


def retag(world: World, run: Run, service: str, change: Change) -> bool:
    """Move a tag of our own on top of whatever traffic there is; False where it never fits."""
    for _attempt in range(TRIES_MAX):
        try:
            write(world, run, service=service, change=change)
        except (EtagStale, TrafficChanged):
            continue  # A tag changes nobody's share: lay it over what is there now.
        return True
    return False
