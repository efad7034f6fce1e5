"""Cloud Run in hrmsops's words. Each method is one API call (a list: its pages); none waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hrmsops.gcp.bindings import binding_of
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.errors import CALL_SECONDS_MAX, read, translated
from hrmsops.gcp.resources import Revision, Service, short
from hrmsops.gcp.traffic import LATEST, Target, Traffic

PAGE = 100


class CloudRun:
    """The Cloud Run Admin API v2; services are named in full (`projects/…/services/…`)."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def service(self, name: str) -> Service:
        """services.get."""
        with translated(f"read service {short(name)}", permission="run.services.get"):
            call = self._clients.services.get_service
            found = read(lambda: call(name=name, retry=None, timeout=CALL_SECONDS_MAX))
        return _service(found)

    def revisions(self, service: str) -> tuple[Revision, ...]:
        """revisions.list: every page, newest first. Sorted here: see FACTS on cut-then-sort."""
        with translated(f"list revisions of {short(service)}", permission="run.revisions.list"):
            call = self._clients.revisions.list_revisions
            request = {"parent": service, "page_size": PAGE}
            found = read(lambda: list(call(request, retry=None, timeout=CALL_SECONDS_MAX)))
        revisions = (_revision(revision) for revision in found)
        return tuple(sorted(revisions, key=lambda r: (r.created_at, r.name), reverse=True))

    def update_traffic(
        self, service: str, traffic: Traffic, *, etag: str, validate_only: bool = False
    ) -> str:
        """services.patch of `traffic` alone; returns the operation's name.

        Raises EtagStale when the service changed since `etag` was read, CallNotAnswered when
        nobody knows whether it came through. Never repeated here: the caller looks first.
        """
        from google.cloud.run_v2.types import Service as ApiService
        from google.cloud.run_v2.types import UpdateServiceRequest
        from google.protobuf.field_mask_pb2 import FieldMask

        body = ApiService(name=service, etag=etag, traffic=[_target(t) for t in traffic.targets()])
        with translated(f"set traffic of {short(service)}", permission="run.services.update"):
            operation = self._clients.services.update_service(
                UpdateServiceRequest(
                    service=body,
                    update_mask=FieldMask(paths=["traffic"]),
                    validate_only=validate_only,
                ),
                retry=None,
                timeout=CALL_SECONDS_MAX,
            )
        return str(operation.operation.name)


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


def _service(found: Any) -> Service:
    latest_ready = short(found.latest_ready_revision)
    statuses = _traffic(found.traffic_statuses).resolved(latest_ready)
    return Service(
        name=found.name,
        uri=found.uri,
        etag=found.etag,
        generation=int(found.generation),
        traffic=_traffic(found.traffic),
        statuses=statuses,
        tag_urls={status.tag: status.uri for status in found.traffic_statuses if status.tag},
        latest_ready=latest_ready,
        latest_created=short(found.latest_created_revision),
        instance=binding_of(_template(found.template)).connection,
        last_modifier=found.last_modifier,
        updated_at=_moment(found.update_time),
        # Not `observedGeneration`: after a failed update it stays behind for good.
        is_reconciling=bool(found.reconciling),
        failure=_failure(found.terminal_condition),
    )


def _revision(found: Any) -> Revision:
    ready = next((c for c in found.conditions if c.type_ == "Ready"), None)
    binding = binding_of(_template(found))
    return Revision(
        name=short(found.name),
        image=found.containers[0].image if found.containers else "",
        created_at=_moment(found.create_time),
        creator=found.creator,
        instance=binding.connection,
        trouble=_trouble(ready),
        is_deleting=bool(found.delete_time),
        address=binding.address,
    )


def _template(found: Any) -> dict[str, Any]:
    """What a binding can stand in, as JSON."""
    return {
        "containers": [
            {
                "command": list(container.command),
                "args": list(container.args),
                "env": [{"name": each.name, "value": each.value} for each in container.env],
            }
            for container in found.containers
        ],
        "volumes": [
            {"cloudSqlInstance": {"instances": list(volume.cloud_sql_instance.instances)}}
            for volume in found.volumes
            if volume.cloud_sql_instance
        ],
    }


def _traffic(entries: Any) -> Traffic:
    latest = 1  # TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
    return Traffic.of(
        Target(
            revision=LATEST if entry.type_ == latest else short(entry.revision),
            percent=entry.percent,
            tag=entry.tag,
        )
        for entry in entries
    )


def _trouble(ready: Any) -> str:
    from google.cloud.run_v2.types import Condition

    if ready is None:
        return "it has not reported a Ready condition yet"
    if ready.state == Condition.State.CONDITION_SUCCEEDED:
        return ""
    return ready.message or f"Ready is {Condition.State(ready.state).name}"


def _failure(condition: Any) -> str:
    from google.cloud.run_v2.types import Condition

    if condition.state != Condition.State.CONDITION_FAILED:
        return ""
    return condition.message or "the service's Ready condition has failed"


def _moment(stamp: Any) -> datetime:
    """Google's timestamps count nanoseconds; ours are aware datetimes in UTC."""
    return (
        datetime.fromtimestamp(stamp.timestamp(), tz=UTC)
        if stamp
        else datetime.min.replace(tzinfo=UTC)
    )
