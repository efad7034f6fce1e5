"""Whoever works on the service beside hrmsops, with Google's own tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.rollback.production import Production
from tests.sandbox.test_cloud_run_clients import client_of
from tests.sandbox.test_gcloud import gcloud

To = run_v2.TrafficTargetAllocationType
LATEST = run_v2.TrafficTarget(type_=To.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, percent=100)
REGION = "--region=us-central1"
OPERATION_SECONDS_MAX = 120


class Colleague(Protocol):
    """What a person does to a service by hand."""

    def pin(self, revision: str, **tags: str) -> None:
        """All traffic to a revision, tags besides those that there are."""

    def follow_latest(self) -> None:
        """All traffic to whatever is the latest."""

    def tag(self, tag: str, revision: str) -> None:
        """A tag more, or one elsewhere."""

    def deploy(self) -> str:
        """A new revision; its name."""

    def read(self) -> tuple[dict[str, int], dict[str, str]]:
        """The percent of each revision, and where each tag is, as the tool tells it."""


@dataclass
class ByGcloud:
    """Types what the guide has."""

    production: Production

    def pin(self, revision: str, **tags: str) -> None:
        added = [f"--update-tags={tag}={tagged}" for tag, tagged in tags.items()]
        self._update_traffic(f"--to-revisions={revision}=100", *added)

    def follow_latest(self) -> None:
        self._update_traffic("--to-latest")

    def tag(self, tag: str, revision: str) -> None:
        self._update_traffic(f"--update-tags={tag}={revision}")

    def deploy(self) -> str:
        """By the API: `gcloud run deploy` takes long, and tests/sandbox/test_gcloud.py has it."""
        return self.production.deploy()

    def read(self) -> tuple[dict[str, int], dict[str, str]]:
        told = self._gcloud("services", "describe", self.production.service, "--format=json")
        return _told(told["status"]["traffic"])

    def _update_traffic(self, *words: str) -> None:
        words = ("services", "update-traffic", self.production.service, *words)
        self._gcloud(*words, "--format=json")

    def _gcloud(self, *words: str) -> Any:
        return json.loads(gcloud(self.production.client, "run", *words, REGION).out)


@dataclass
class ByClient:
    """A script that reads the service, changes it, and writes it back."""

    production: Production

    def pin(self, revision: str, **tags: str) -> None:
        self._write_traffic(_by_name(revision, percent=100), tags)

    def follow_latest(self) -> None:
        self._write_traffic(LATEST, {})

    def tag(self, tag: str, revision: str) -> None:
        shares = [each for each in self._service().traffic if each.percent]
        self._write_traffic(shares[0], {tag: revision})

    def deploy(self) -> str:
        service = self._service()
        service.template.containers[0].env.append(run_v2.EnvVar(name="BY", value="client"))
        made = self._update(service, "template")
        return str(made.latest_created_revision).rpartition("/")[2]

    def read(self) -> tuple[dict[str, int], dict[str, str]]:
        service = self._service()
        latest = service.latest_ready_revision.rpartition("/")[2]
        return _told(
            [
                {"revisionName": each.revision or latest, "percent": each.percent, "tag": each.tag}
                for each in service.traffic_statuses
            ]
        )

    def _write_traffic(self, share: run_v2.TrafficTarget, tags: dict[str, str]) -> None:
        service = self._service()
        tagged = {each.tag: each.revision for each in service.traffic if each.tag} | tags
        service.traffic = [share, *(_by_name(name, tag=tag) for tag, name in tagged.items())]
        self._update(service, "traffic")

    def _update(self, service: run_v2.Service, field: str) -> Any:
        services = client_of(self.production.client, "Services")
        operation = services.update_service(service=service, update_mask=FieldMask(paths=[field]))
        return operation.result(OPERATION_SECONDS_MAX)

    def _service(self) -> Any:
        services = client_of(self.production.client, "Services")
        return services.get_service(name=f"{PARENT}/services/{self.production.service}")


def _by_name(revision: str, **fields: Any) -> run_v2.TrafficTarget:
    kind = To.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
    return run_v2.TrafficTarget(type_=kind, revision=revision, **fields)


def _told(statuses: Sequence[dict[str, Any]]) -> tuple[dict[str, int], dict[str, str]]:
    serving = {each["revisionName"]: each["percent"] for each in statuses if each.get("percent")}
    return serving, {each["tag"]: each["revisionName"] for each in statuses if each.get("tag")}
