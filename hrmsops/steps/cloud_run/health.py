"""Look whether a revision is well: before the shift through its tag, after it as users see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.rollback import CandidateUnhealthy, HealthCheckFailed
from hrmsops.gcp.resources import Service, short
from hrmsops.probe import Probe
from hrmsops.steps.cloud_run.changed import require_alone
from hrmsops.world import World

HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
UNPROBED = "unprobed"

WARM_UP = timedelta(seconds=20)
PAUSE = timedelta(seconds=1)
ROUNDS_IN_A_ROW = 10


class ProbeRevision(Step[World], frozen=True, kw_only=True):
    """Ask the candidate for its health through its tag's URL while no user is on it.

    An idle revision has no instances: it is given time to warm up. 400, 403 and 404 say
    that we were not let in, which is no verdict on its health.
    """

    name: ClassVar[str] = "probe-revision"
    changes: ClassVar[bool] = False

    service: str
    revision: str
    tag: str
    paths: tuple[str, ...]
    host: str
    accept_unhealthy: bool

    def sentence(self) -> str:
        return f"Probe {self.revision} through its own URL: {', '.join(self.paths)}"

    def apply(self, world: World, run: Run) -> Result:
        url = world.cloud_run.service(self.service).tag_urls.get(self.tag, "")
        if not url:
            return {"verdict": UNPROBED, "probes": ["the tag has no URL"], "seconds": 0.0}
        probes, seconds = until_well(world, run, url, self.paths, host=self.host, rounds=1)
        verdict = overall(probes)
        if verdict == UNHEALTHY and not self.accept_unhealthy:
            raise CandidateUnhealthy(revision=self.revision, findings=in_words(probes))
        return {"verdict": verdict, "probes": in_words(probes), "seconds": seconds}


class CheckHealth(Step[World], frozen=True, kw_only=True):
    """Ask the service for its health where users ask, several times in a row.

    What is seen says something of `revision` only while that serves every request. A release that
    fails one request in five passes a single look four times in five.
    """

    name: ClassVar[str] = "check-health"
    changes: ClassVar[bool] = False

    service: str
    paths: tuple[str, ...]
    revision: str = ""

    def sentence(self) -> str:
        return f"Check {short(self.service)} as users see it: {', '.join(self.paths)}"

    def apply(self, world: World, run: Run) -> Result:
        url = self._seen(world, run).uri
        probes, seconds = until_well(world, run, url, self.paths, host="", rounds=ROUNDS_IN_A_ROW)
        verdict = overall(probes)
        if verdict == UNHEALTHY:
            raise HealthCheckFailed(
                service=short(self.service),
                findings=in_words(probes),
                undo=run.plan.undo,
                run=run.id,
            )
        self._seen(world, run)
        return {"verdict": verdict, "probes": in_words(probes), "seconds": seconds}

    def _seen(self, world: World, run: Run) -> Service:
        """The service while `revision` serves it alone, else TrafficChanged."""
        seen = world.cloud_run.service(self.service)
        if self.revision:
            require_alone(seen, self.revision, run=run)
        return seen


def until_well(
    world: World, run: Run, url: str, paths: Sequence[str], *, host: str, rounds: int
) -> tuple[list[Probe], float]:
    """The last round of probes: `rounds` in a row without a fault, or a fault after the warm-up.

    Time alone does not end it well: what fails now and then has good rounds too.
    """
    began = world.clock.now()
    in_a_row = 0
    while True:
        probes = [world.prober.look(url, path, host=host) for path in paths]
        in_a_row = 0 if overall(probes) == UNHEALTHY else in_a_row + 1
        waited = world.clock.now() - began
        if in_a_row >= rounds or (not in_a_row and waited >= WARM_UP):
            return probes, round(waited.total_seconds(), 3)
        if not in_a_row:
            run.progress(f"{'; '.join(in_words(probes))} ({waited.total_seconds():.0f} s)")
            world.clock.sleep(PAUSE)


def overall(probes: Sequence[Probe]) -> str:
    """Unhealthy where one is; healthy where at least one is; else nobody let us look."""
    verdicts = {probe.verdict for probe in probes}
    return next((v for v in (UNHEALTHY, HEALTHY) if v in verdicts), UNPROBED)


def in_words(probes: Sequence[Probe]) -> list[str]:
    """ "/readyz healthy (200)" for each."""
    return [f"{probe.path} {probe.verdict} ({probe.why})" for probe in probes]
