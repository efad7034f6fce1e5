"""The same resources in Knative's shape: what the v1 API says of the documents kept in v2 form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hrmsops.sandbox.cloud_run import targets
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION
from hrmsops.sandbox.cloud_run.knative_template import to_knative
from hrmsops.sandbox.cloud_run.names import short, version_of
from hrmsops.sandbox.state import Json

API_VERSION = "serving.knative.dev/v1"
_PATH = f"/apis/{API_VERSION}/namespaces/{PROJECT}"
_INGRESS = {
    "INGRESS_TRAFFIC_ALL": "all",
    "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
}
_STATUS = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}


def service(document: Json, *, operation: str = "") -> Json:
    """A service; `operation` is the one that reconciles it, for gcloud to wait on."""
    annotations = {
        **document.get("annotations", {}),
        "run.googleapis.com/ingress": _INGRESS.get(document["ingress"], "all"),
        "run.googleapis.com/ingress-status": _INGRESS.get(document["ingress"], "all"),
        "run.googleapis.com/launch-stage": document.get("launchStage", "GA"),
        "serving.knative.dev/creator": document.get("creator", ""),
        "serving.knative.dev/lastModifier": document.get("lastModifier", ""),
    }
    if operation:
        annotations["run.googleapis.com/operation-id"] = short(operation)
    return {
        "apiVersion": API_VERSION,
        "kind": "Service",
        "metadata": {
            **_metadata(document, "services"),
            "resourceVersion": version_of(document["etag"]),
            "annotations": annotations,
        },
        "spec": {
            "template": to_knative(document["template"]),
            "traffic": [_target(each) for each in targets.in_force(document)],
        },
        "status": _service_status(document),
    }


def revision(document: Json) -> Json:
    """A revision."""
    made = to_knative(document)
    name = short(document["service"])
    metadata = _metadata(document, "revisions")
    labels = {
        **metadata["labels"],
        "serving.knative.dev/service": name,
        "serving.knative.dev/configuration": name,
        "serving.knative.dev/serviceUid": document["uid"],
    }
    annotations = {
        **made["metadata"].get("annotations", {}),
        "serving.knative.dev/creator": document["creator"],
    }
    status = {
        "observedGeneration": 1,
        "conditions": [_condition(each) for each in document["conditions"]],
        "logUrl": document["logUri"],
        "serviceName": name,
    }
    if digest := document["containerStatuses"][0].get("imageDigest"):
        status["imageDigest"] = digest
    return {
        "apiVersion": API_VERSION,
        "kind": "Revision",
        "metadata": {
            **metadata,
            "resourceVersion": version_of(document["etag"]),
            "labels": labels,
            "annotations": annotations,
        },
        "spec": made["spec"],
        "status": status,
    }


def listing(kind: str, items: Iterable[Json], *, following: str = "") -> Json:
    """A list; gcloud needs its `metadata` even when it is empty."""
    metadata = {"continue": following} if following else {}
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": metadata,
        "items": list(items),
        "unreachable": [],
    }


def traffic_in(spec: Json) -> list[Json]:
    """`spec.traffic` as v2 targets."""
    return [
        {
            "type": targets.LATEST if each.get("latestRevision") else targets.REVISION,
            "revision": each.get("revisionName", ""),
            "percent": each.get("percent", 0),
            "tag": each.get("tag", ""),
        }
        for each in spec.get("traffic", ())
    ]


def ingress_in(annotations: Json) -> str:
    """The ingress annotation as v2's enum."""
    wanted = annotations.get("run.googleapis.com/ingress", "all")
    return next((name for name, word in _INGRESS.items() if word == wanted), "INGRESS_TRAFFIC_ALL")


def _metadata(document: Json, plural: str) -> Json:
    name = short(document["name"])
    return {
        "name": name,
        "namespace": PROJECT,
        "selfLink": f"{_PATH}/{plural}/{name}",
        "uid": document["uid"],
        "generation": int(document["generation"]),
        "creationTimestamp": document["createTime"],
        "labels": {**document.get("labels", {}), "cloud.googleapis.com/location": REGION},
    }


def _service_status(document: Json) -> Json:
    conditions = [document["terminalCondition"], *document["conditions"]]
    status: Json = {
        # Unlike v2 it moves when a reconcile has ended, also when it failed: gcloud waits for it.
        "observedGeneration": int(document["generation"])
        if not document["reconciling"]
        else int(document.get("observedGeneration", 0)),
        "conditions": [_condition(each) for each in conditions],
        "traffic": [_status(each, document) for each in document.get("trafficStatuses", ())],
    }
    for field in ("latestCreatedRevision", "latestReadyRevision"):
        if field in document:
            status[f"{field}Name"] = short(document[field])
    if "uri" in document:
        status["url"], status["address"] = document["uri"], {"url": document["uri"]}
    return status


def _target(target: Json) -> Json:
    made: Json = {key: target[key] for key in ("percent", "tag") if key in target}
    if target["type"] == targets.LATEST:
        return {**made, "latestRevision": True}
    return {**made, "revisionName": target["revision"]}


def _status(status: Json, document: Json) -> Json:
    made = {**_target(status), "revisionName": targets.revision_of(status, document)}
    if "uri" in status:
        made["url"] = status["uri"]
    return made


def _condition(given: Json) -> Json:
    made: dict[str, Any] = {
        "type": given["type"],
        "status": _STATUS.get(given["state"], "Unknown"),
        "lastTransitionTime": given["lastTransitionTime"],
    }
    for field in ("reason", "revisionReason", "executionReason"):
        if field in given:
            made["reason"] = "".join(word.title() for word in given[field].split("_"))
    if "message" in given:
        made["message"] = given["message"]
    if "severity" in given:
        made["severity"] = given["severity"].title()
    return made
