"""Templates in Knative's shape and back: metadata and spec, where v2 has fields."""

from __future__ import annotations

from collections.abc import Iterable

from hrmsops.sandbox.api import invalid
from hrmsops.sandbox.state import Json

_SCALE = {
    "minInstanceCount": "autoscaling.knative.dev/minScale",
    "maxInstanceCount": "autoscaling.knative.dev/maxScale",
}
_SQL = "run.googleapis.com/cloudsql-instances"
_CLIENT = {
    "client": "run.googleapis.com/client-name",
    "clientVersion": "run.googleapis.com/client-version",
}
_SAME = ("name", "image", "command", "args", "ports", "startupProbe", "livenessProbe", "workingDir")
_SYSTEM = (
    "run.googleapis.com/",
    "autoscaling.knative.dev/",
    "serving.knative.dev/",
    "client.knative.dev/",
)


def to_knative(template: Json) -> Json:
    """`{metadata, spec}` of a v2 template or revision."""
    annotations = dict(template.get("annotations", {}))
    for field, annotation in _SCALE.items():
        if count := template.get("scaling", {}).get(field):
            annotations[annotation] = str(count)
    for field, annotation in _CLIENT.items():
        if field in template:
            annotations[annotation] = template[field]
    if connections := _connections(template.get("volumes", ())):
        annotations[_SQL] = ",".join(connections)
    metadata: Json = {"annotations": annotations, "labels": template.get("labels", {})}
    if "revision" in template:
        metadata["name"] = template["revision"]
    spec: Json = {
        "containerConcurrency": template.get("maxInstanceRequestConcurrency", 80),
        "timeoutSeconds": int(float(template.get("timeout", "300s")[:-1])),
        "containers": [_container(each) for each in template["containers"]],
    }
    if "serviceAccount" in template:
        spec["serviceAccountName"] = template["serviceAccount"]
    return {"metadata": metadata, "spec": spec}


def to_v2(given: Json) -> Json:
    """A v2 template of `{metadata, spec}`; 400 for what the sandbox can't run."""
    metadata, spec = given.get("metadata", {}), given.get("spec", {})
    annotations = metadata.get("annotations", {})
    template: Json = {
        "labels": metadata.get("labels", {}),
        "annotations": {
            key: value for key, value in annotations.items() if not key.startswith(_SYSTEM)
        },
        "scaling": {
            field: int(annotations[annotation])
            for field, annotation in _SCALE.items()
            if annotation in annotations
        },
        "containers": [_container_back(each) for each in spec.get("containers", ())],
        "volumes": _volumes(annotations.get(_SQL, "")),
        "timeout": f"{spec.get('timeoutSeconds', 300)}s",
        "maxInstanceRequestConcurrency": spec.get("containerConcurrency", 80),
    }
    for field, annotation in _CLIENT.items():
        if annotation in annotations:
            template[field] = annotations[annotation]
    if "serviceAccountName" in spec:
        template["serviceAccount"] = spec["serviceAccountName"]
    if "name" in metadata:
        template["revision"] = metadata["name"]
    return {field: value for field, value in template.items() if value not in ({}, [])}


def _container(container: Json) -> Json:
    made = {field: container[field] for field in _SAME if field in container}
    made["env"] = [
        {"name": each["name"], "value": each.get("value", "")} for each in container.get("env", ())
    ]
    if "resources" in container:
        made["resources"] = {"limits": container["resources"].get("limits", {})}
    return made


def _container_back(container: Json) -> Json:
    made = {field: container[field] for field in _SAME if field in container}
    if any("valueFrom" in each for each in container.get("env", ())):
        raise invalid("The sandbox has no Secret Manager: give literal values.")
    if env := container.get("env"):
        made["env"] = env
    if limits := container.get("resources", {}).get("limits"):
        made["resources"] = {"limits": limits, "cpuIdle": True}
    return made


def _connections(volumes: Iterable[Json]) -> list[str]:
    return [
        connection
        for volume in volumes
        for connection in volume.get("cloudSqlInstance", {}).get("instances", ())
    ]


def _volumes(connections: str) -> list[Json]:
    if not connections:
        return []
    return [{"name": "cloudsql", "cloudSqlInstance": {"instances": connections.split(",")}}]
