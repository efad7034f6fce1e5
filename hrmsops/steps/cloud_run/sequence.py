"""The steps by which traffic goes to one revision: probed before, checked after, marked good."""

from __future__ import annotations

from typing import Any

from hrmsops.engine.step import Step
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import LATEST, Traffic
from hrmsops.steps.cloud_run.health import CheckHealth, ProbeRevision
from hrmsops.steps.cloud_run.shift_traffic import ShiftTraffic
from hrmsops.steps.cloud_run.tags import LAST_GOOD, TagLastGood, TagRevision

TAG_AND_SERVICE_MAX = 46
"""Characters; Cloud Run refuses longer ones together, since both stand in the URL's first label."""


def shifting(
    service: Service,
    *,
    to: str,
    want: Traffic,
    run: str,
    paths: tuple[str, ...],
    host: str,
    accept_unhealthy: bool,
    first: int = 1,
) -> tuple[Step[Any], ...]:
    """The steps that bring `service` to `want`, after which `to` serves every request.

    The first of them is number `first` of its plan.

    A revision that has a tag is probed through it; another gets one for the length of the run,
    where the service's name leaves room for it.
    Without `paths` nothing can be probed, and nothing is marked good.
    """
    if not paths:
        return (_shift(service, service.traffic, want),)
    tag = service.traffic.tag_of(to) or f"p-{run}"
    tagged = service.traffic.with_tag(tag, to)
    scaffold = (
        ()
        if tagged == service.traffic or not _has_room(service, tag)
        else (TagRevision(service=service.name, revision=to, tag=tag, before=service.traffic),)
    )
    probe = ProbeRevision(
        service=service.name,
        revision=to,
        tag=tag,
        paths=paths,
        host=host,
        accept_unhealthy=accept_unhealthy,
    )
    before = (*scaffold, probe, _shift(service, tagged if scaffold else service.traffic, want))
    return (*before, *verifying(service, revision=to, paths=paths, first=first + len(before)))


def verifying(
    service: Service, *, revision: str, paths: tuple[str, ...], first: int
) -> tuple[Step[Any], ...]:
    """The health check, as step number `first`, and the tag that keeps what it saw."""
    check = CheckHealth(service=service.name, paths=paths, revision=revision)
    is_marked = dict(service.traffic.tags).get(LAST_GOOD) == revision
    if is_marked or not _has_room(service, LAST_GOOD):
        return (check,)
    return (check, TagLastGood(service=service.name, revision=revision, after=first))


def _has_room(service: Service, tag: str) -> bool:
    return len(tag) + len(short(service.name)) <= TAG_AND_SERVICE_MAX


def _shift(service: Service, before: Traffic, want: Traffic) -> ShiftTraffic:
    return ShiftTraffic(
        service=service.name,
        before=before,
        serving=service.statuses,
        want=want,
        latest=service.latest_ready if LATEST in dict(want.shares) else "",
    )
