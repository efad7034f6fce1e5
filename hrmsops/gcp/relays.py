"""Relays in hrmsops's words: temporary Cloud Run services. Each method is one API call."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated

PREFIX = "hrmsops-relay-"
ENVIRONMENT, RUN, HOST, PID = "hrmsops-relay", "hrmsops-run", "hrmsops-host", "hrmsops-pid"
"""The labels that say whose a relay is: of which environment, run, machine and process."""
CONNECTION_SECONDS_MAX = 3600
"""Cloud Run ends a request, and so a connection, after an hour at most."""


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """Who made a relay: a process on a machine, whose name is kept as a hash."""

    host: str
    pid: int


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """What a relay borrows of the revision that serves: image, network and account."""

    image: str
    service_account: str
    network: dict[str, Any]
    """`vpcAccess` as it stands in the revision, {} where it has none."""

    @classmethod
    def of(cls, template: dict[str, Any]) -> Host:
        """What the template of a revision lends; its image by digest."""
        return cls(
            image=template["containers"][0]["image"],
            service_account=template.get("serviceAccount", ""),
            network=template.get("vpcAccess", {}),
        )


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A relay's service as it was read."""

    name: str
    run: str
    maker: Maker
    uri: str
    created_at: datetime
    is_reconciling: bool
    failure: str


class Relays:
    """The relays of one environment: `parent` is `projects/P/locations/R`."""

    def __init__(self, clients: Clients, *, parent: str, environment: str) -> None:
        self._clients, self._parent, self._environment = clients, parent, environment

    def find(self, name: str) -> Relay | None:
        """services.get; None where there is none."""
        call = self._services.get(name=f"{self._parent}/services/{name}")
        try:
            with _translated(f"read {name}", "run.services.get"):
                return _relay(read(call.execute))
        except ResourceMissing:
            return None

    def all(self) -> tuple[Relay, ...]:
        """services.list: every relay of this environment, whoever made it."""
        found: list[Any] = []
        call = self._services.list(parent=self._parent, pageSize=100)
        with _translated("list services", "run.services.list"):
            while call is not None:
                page = read(call.execute)
                found += page.get("services", ())
                call = self._services.list_next(call, page)
        ours = (each for each in found if self._is_ours(each))
        return tuple(_relay(each) for each in ours if not each.get("deleteTime"))

    def make(
        self,
        name: str,
        *,
        run: str,
        maker: Maker,
        host: Host,
        command: tuple[str, ...],
        env: dict[str, str],
    ) -> None:
        """services.create. Closed to everyone without run.invoker; costs nothing while unused.

        Never repeated here; a name that is taken is EtagStale.
        """
        container = {
            "image": host.image,
            "command": list(command[:1]),
            "args": list(command[1:]),
            "env": [{"name": key, "value": value} for key, value in env.items()],
            "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "cpuIdle": True},
            **_mounts(env),
        }
        template = {
            "containers": [container],
            "timeout": f"{CONNECTION_SECONDS_MAX}s",
            "scaling": {"minInstanceCount": 0, "maxInstanceCount": 1},
            **({"serviceAccount": host.service_account} if host.service_account else {}),
            **({"vpcAccess": host.network} if host.network else {}),
            **_volumes(env),
        }
        body = {
            "labels": {
                ENVIRONMENT: self._environment,
                RUN: run,
                HOST: maker.host,
                PID: str(maker.pid),
            },
            "description": "A temporary way of hrmsops to a database with a private address",
            "ingress": "INGRESS_TRAFFIC_ALL",
            "template": template,
        }
        call = self._services.create(parent=self._parent, serviceId=name, body=body)
        with _translated(f"make {name}", "run.services.create"):
            call.execute(num_retries=0)

    def delete(self, name: str) -> None:
        """services.delete; absent is fine."""
        call = self._services.delete(name=f"{self._parent}/services/{name}")
        try:
            with _translated(f"delete {name}", "run.services.delete"):
                call.execute(num_retries=0)
        except ResourceMissing:
            return

    def _is_ours(self, found: dict[str, Any]) -> bool:
        labels = found.get("labels", {})
        is_named = short(found["name"]).startswith(PREFIX)
        return is_named and labels.get(ENVIRONMENT) == self._environment

    @cached_property
    def _services(self) -> Any:
        return self._clients.run.projects().locations().services()


def _connections(env: dict[str, str]) -> list[str]:
    """The instances whose folder is a target: Cloud Run's own way to one with a public address."""
    return [v.removeprefix("/cloudsql/") for v in env.values() if v.startswith("/cloudsql/")]


def _mounts(env: dict[str, str]) -> dict[str, Any]:
    mount = {"name": "cloudsql", "mountPath": "/cloudsql"}
    return {"volumeMounts": [mount]} if _connections(env) else {}


def _volumes(env: dict[str, str]) -> dict[str, Any]:
    if not (connections := _connections(env)):
        return {}
    return {"volumes": [{"name": "cloudsql", "cloudSqlInstance": {"instances": connections}}]}


def _relay(found: dict[str, Any]) -> Relay:
    condition, labels = found.get("terminalCondition", {}), found.get("labels", {})
    failed = condition.get("state") == "CONDITION_FAILED"
    return Relay(
        name=short(found["name"]),
        run=labels.get(RUN, ""),
        maker=Maker(host=labels.get(HOST, ""), pid=int(labels.get(PID, "0"))),
        uri=found.get("uri", ""),
        created_at=datetime.fromisoformat(found["createTime"]),
        is_reconciling=bool(found.get("reconciling")),
        failure=condition.get("message", "it is not Ready") if failed else "",
    )


def _translated(doing: str, permission: str) -> Any:
    return translated(doing, instance="", permission=permission)
