"""Cloud Run in hrmsops's words. Each method is one API call (a list: its pages); none waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from hrmsops.gcp import sql_errors
from hrmsops.gcp.bindings import binding_of
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.errors import CALL_SECONDS_MAX, translated
from hrmsops.gcp.resources import Revision, Service, short
from hrmsops.gcp.traffic import LATEST, Target, Traffic

Json = dict[str, Any]

PAGE = 100
TO_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"


class CloudRun:
    """The Cloud Run Admin API v2; services are named in full (`projects/…/services/…`)."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def service(self, name: str) -> Service:
        """services.get."""
        call = self._described.get(name=name)
        with sql_errors.translated(
            f"read service {short(name)}", instance="", permission="run.services.get"
        ):
            found = sql_errors.read(call.execute)
        return _service(found)

    def revisions(self, service: str) -> tuple[Revision, ...]:
        """revisions.list: every page, newest first. Sorted here: see FACTS on cut-then-sort."""
        revisions = self._revisions
        found: list[Json] = []
        call = revisions.list(parent=service, pageSize=PAGE)
        with sql_errors.translated(
            f"list revisions of {short(service)}", instance="", permission="run.revisions.list"
        ):
            while call is not None:
                page = sql_errors.read(call.execute)
                found += page.get("revisions", ())
                call = revisions.list_next(call, page)
        return tuple(
            sorted(map(_revision, found), key=lambda r: (r.created_at, r.name), reverse=True)
        )

    def update_traffic(
        self, service: str, traffic: Traffic, *, etag: str, validate_only: bool = False
    ) -> str:
        """services.patch of `traffic` alone; returns the operation's name.

        Raises EtagStale when the service changed since `etag` was read, CallNotAnswered when
        nobody knows whether it came through. Never repeated here: the caller looks first.
        """
        services = self._clients.services
        from google.cloud.run_v2.types import Service as ApiService
        from google.cloud.run_v2.types import UpdateServiceRequest
        from google.protobuf.field_mask_pb2 import FieldMask

        body = ApiService(name=service, etag=etag, traffic=[_target(t) for t in traffic.targets()])
        with translated(f"set traffic of {short(service)}", permission="run.services.update"):
            operation = services.update_service(
                UpdateServiceRequest(
                    service=body,
                    update_mask=FieldMask(paths=["traffic"]),
                    validate_only=validate_only,
                ),
                retry=None,
                timeout=CALL_SECONDS_MAX,
            )
        return str(operation.operation.name)

    @cached_property
    def _described(self) -> Any:
        """Google's description of the API is read in a tenth of the time of its own client."""
        return self._clients.run.projects().locations().services()

    @cached_property
    def _revisions(self) -> Any:
        return self._described.revisions()


def _target(target: Target) -> Any:
    from google.cloud.run_v2.types import TrafficTarget, TrafficTargetAllocationType

    kind = TrafficTargetAllocationType
    is_latest = target.revision == LATEST
    return TrafficTarget(
        type_=kind.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
        if is_latest
        else kind.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
        revision=target.revision,
        percent=target.percent,
        tag=target.tag,
    )


def _service(found: Json) -> Service:
    latest_ready = short(found.get("latestReadyRevision", ""))
    statuses = found.get("trafficStatuses", ())
    return Service(
        name=found["name"],
        uri=found.get("uri", ""),
        etag=found.get("etag", ""),
        generation=int(found.get("generation", 0)),
        traffic=_traffic(found.get("traffic", ())),
        statuses=_traffic(statuses).resolved(latest_ready),
        tag_urls={each["tag"]: each.get("uri", "") for each in statuses if each.get("tag")},
        latest_ready=latest_ready,
        latest_created=short(found.get("latestCreatedRevision", "")),
        instance=binding_of(found.get("template", {})).connection,
        last_modifier=found.get("lastModifier", ""),
        updated_at=_moment(found.get("updateTime")),
        # Not `observedGeneration`: after a failed update it stays behind for good.
        is_reconciling=bool(found.get("reconciling")),
        failure=_failure(found.get("terminalCondition", {})),
    )


def _revision(found: Json) -> Revision:
    ready = next((c for c in found.get("conditions", ()) if c.get("type") == "Ready"), None)
    binding, containers = binding_of(found), found.get("containers", ())
    return Revision(
        name=short(found["name"]),
        image=containers[0].get("image", "") if containers else "",
        created_at=_moment(found.get("createTime")),
        creator=found.get("creator", ""),
        instance=binding.connection,
        trouble=_trouble(ready),
        is_deleting=bool(found.get("deleteTime")),
        address=binding.address,
        digest=_digest(found),
    )


def _digest(revision: Json) -> str:
    """What the first container's image was when the revision was made: `sha256:…`."""
    statuses, containers = revision.get("containerStatuses", ()), revision.get("containers", ())
    named = [each.get("imageDigest", "") for each in statuses[:1]]
    named += [each.get("image", "") for each in containers[:1]]
    return next((str(each).rpartition("@")[2] for each in named if "sha256:" in str(each)), "")


def _traffic(entries: Sequence[Json]) -> Traffic:
    return Traffic.of(
        Target(
            revision=LATEST if entry.get("type") == TO_LATEST else short(entry.get("revision", "")),
            percent=int(entry.get("percent", 0)),
            tag=entry.get("tag", ""),
        )
        for entry in entries
    )


def _trouble(ready: Json | None) -> str:
    if ready is None:
        return "it has not reported a Ready condition yet"
    state = ready.get("state", "STATE_UNSPECIFIED")
    if state == "CONDITION_SUCCEEDED":
        return ""
    return str(ready.get("message") or f"Ready is {state}")


def _failure(condition: Json) -> str:
    if condition.get("state") != "CONDITION_FAILED":
        return ""
    return str(condition.get("message") or "the service's Ready condition has failed")


def _moment(text: str | None) -> datetime:
    """Google's timestamps count nanoseconds; ours are cut to microseconds."""
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)
