"""Templates: what a revision or a task is made of, checked, and turned into a workload."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from hrmsops.sandbox.api import invalid
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.names import parent_of, short
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.workload import Workload

# Fields of a template that a revision carries over unchanged (GoogleCloudRunV2Revision).
_CARRIED = (
    "labels",
    "annotations",
    "scaling",
    "vpcAccess",
    "serviceAccount",
    "containers",
    "volumes",
    "executionEnvironment",
    "encryptionKey",
    "sessionAffinity",
    "client",
    "clientVersion",
)
_TCP_STARTUP_SECONDS = 240.0


def check(template: Json) -> None:
    """Refuse with 400 what the sandbox could not run: no image, a secret, a malformed variable."""
    containers = template.get("containers") or []
    if len(containers) != 1:
        raise invalid(
            "The sandbox runs exactly one container a revision.", field_name="template.containers"
        )
    if not containers[0].get("image"):
        raise invalid(
            "template.containers[0].image: Required field not present.",
            field_name="template.containers[0].image",
        )
    for variable in containers[0].get("env", ()):
        _check_variable(variable)


def completed(template: Json) -> Json:
    """The template with the defaults that Cloud Run fills in, so that both APIs show them."""
    container = dict(template["containers"][0])
    container.setdefault("ports", [{"name": "http1", "containerPort": 8080}])
    container.setdefault("resources", _default_resources())
    return {
        "timeout": "300s",
        "maxInstanceRequestConcurrency": 80,
        "scaling": {"maxInstanceCount": 100},
        "serviceAccount": "hrms-run@nhia-hrms.iam.gserviceaccount.com",
        **template,
        "containers": [container],
    }


def carried(template: Json) -> Json:
    """The part of a template that its revision shows."""
    kept = {field: template[field] for field in _CARRIED if field in template}
    for field in ("timeout", "maxInstanceRequestConcurrency"):
        if field in template:
            kept[field] = template[field]
    return kept


def image_of(template: Json) -> str:
    """The reference of the image, as it was asked for."""
    return str(template["containers"][0]["image"])


def pinned_image(cloud: CloudRun, reference: str) -> str | None:
    """The image by digest, as it is now: `REPOSITORY@sha256:…`; None when there is none."""
    digest = cloud.images.resolve(reference)
    repository = reference.partition("@")[0]
    if ":" in short(repository):
        repository = repository.rpartition(":")[0]
    return None if digest is None else f"{repository}@{digest}"


def revision_workload(revision: Json) -> Workload:
    """What a revision runs, with the variables that Cloud Run sets for a service."""
    service, name = short(revision["service"]), short(revision["name"])
    path, headers = _startup_probe(revision["containers"][0])
    return _workload(
        revision,
        name=name,
        digest=_digest(revision["containerStatuses"][0]["imageDigest"]),
        env={"K_SERVICE": service, "K_REVISION": name, "K_CONFIGURATION": service},
        request_timeout_seconds=seconds(revision.get("timeout", "300s"), field="timeout"),
        startup_timeout_seconds=_startup_seconds(revision["containers"][0]),
        startup_probe_path=path,
        startup_probe_headers=headers,
    )


def task_workload(execution: Json, task: int, attempt: int, *, digest: str) -> Workload:
    """What one task of an execution runs, with the variables that Cloud Run sets for a job."""
    name = short(execution["name"])
    return _workload(
        execution["template"],
        name=task_process(execution, task, attempt),
        digest=digest,
        env={
            "CLOUD_RUN_JOB": short(execution["job"]),
            "CLOUD_RUN_EXECUTION": name,
            "CLOUD_RUN_TASK_INDEX": str(task),
            "CLOUD_RUN_TASK_ATTEMPT": str(attempt),
            "CLOUD_RUN_TASK_COUNT": str(execution["taskCount"]),
        },
    )


def worker_workload(revision: Json, *, name: str) -> Workload:
    """What one instance of a worker pool runs, as process `name`."""
    pool = short(parent_of(revision["name"]))
    return _workload(
        revision,
        name=name,
        digest=_digest(revision["containerStatuses"][0]["imageDigest"]),
        env={
            "CLOUD_RUN_WORKER_POOL": pool,
            "CLOUD_RUN_WORKER_POOL_REVISION": short(revision["name"]),
        },
    )


def task_process(execution: Json, task: int, attempt: int) -> str:
    """The name of a task's process: each attempt has its own record and log."""
    name = f"{short(execution['name'])}-task{task}"
    return f"{name}-attempt{attempt}" if attempt else name


def seconds(duration: str, *, field: str) -> float:
    """A protobuf duration such as "600s" in seconds; 400 for anything else."""
    if not re.fullmatch(r"\d+(\.\d+)?s", duration):
        raise invalid(f"Invalid duration: {duration}", field_name=field)
    return float(duration[:-1])


def _workload(spec: Json, *, name: str, digest: str, env: dict[str, str], **rest: Any) -> Workload:
    container = spec["containers"][0]
    given = {each["name"]: each.get("value", "") for each in container.get("env", ())}
    return Workload(
        name=name,
        digest=digest,
        command=tuple(container.get("command", ())),
        args=tuple(container.get("args", ())),
        env={**given, **env},
        connections=tuple(_connections(spec.get("volumes", ()))),
        is_in_network=bool(spec.get("vpcAccess")),
        **rest,
    )


def _connections(volumes: Iterable[Json]) -> Iterable[str]:
    for volume in volumes:
        yield from volume.get("cloudSqlInstance", {}).get("instances", ())


def _digest(image: str) -> str:
    return image.partition("@")[2]


def _startup_probe(container: Json) -> tuple[str, dict[str, str]]:
    probe = container.get("startupProbe", {}).get("httpGet")
    if probe is None:
        return "", {}
    headers = {each["name"]: each.get("value", "") for each in probe.get("httpHeaders", ())}
    return probe.get("path", "/"), headers


def _startup_seconds(container: Json) -> float:
    probe = container.get("startupProbe")
    if probe is None:
        return _TCP_STARTUP_SECONDS
    attempts, period = probe.get("failureThreshold", 3), probe.get("periodSeconds", 10)
    return float(probe.get("initialDelaySeconds", 0) + attempts * period)


def _check_variable(variable: Json) -> None:
    if not variable.get("name"):
        raise invalid("An environment variable needs a name.", field_name="template.containers.env")
    if "valueSource" in variable:
        raise invalid(
            f"The sandbox has no Secret Manager: give {variable['name']} a literal value.",
            field_name="template.containers.env",
        )


def _default_resources() -> Json:
    return {"limits": {"cpu": "1000m", "memory": "512Mi"}, "cpuIdle": True}
