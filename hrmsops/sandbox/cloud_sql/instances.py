"""Instances: what is kept of them, and how the API shows them."""

from __future__ import annotations

import hashlib
import re

from hrmsops.sandbox.api import Request, page
from hrmsops.sandbox.cloud_sql import names, refusals, settings
from hrmsops.sandbox.cloud_sql.cloud import INSTANCES, PROJECT, REGION, CloudSql
from hrmsops.sandbox.cloud_sql.ssl_certs import ssl_cert
from hrmsops.sandbox.instances import private_address
from hrmsops.sandbox.state import Json

_LIST_MAX = 500
_FILTER = re.compile(r"name[:=]\"?([a-z0-9-]+)\"?")


def existing(cloud: CloudSql, request: Request) -> Json:
    """The document of the instance in the path, or Google's refusal."""
    names.check_project(request.names["project"])
    return by_name(cloud, request.names["instance"])


def by_name(cloud: CloudSql, name: str) -> Json:
    """The document of an instance: `name`, `state`, `settings`, `createTime`, and our own notes."""
    document = cloud.state.get(INSTANCES, name)
    if document is None:
        raise refusals.no_instance()
    return document


def new(cloud: CloudSql, name: str, *, state: str, wanted: Json) -> Json:
    """Keep a new instance's document and return it; call it inside `state.change()`.

    `line` numbers its histories: a restore begins another, and so do logs that begin anew.
    `logs_until` is the machine's moment up to which its logs were archived when it stopped.
    """
    names.check_new_name(name)
    if cloud.state.get(INSTANCES, name) is not None:
        raise refusals.instance_exists()
    document: Json = {
        "name": name,
        "state": state,
        "createTime": cloud.distance.timestamp(),
        "settings": settings.checked(wanted),
        "line": 1,
        "logs_until": None,
        "stuck": None,
    }
    cloud.state.put(INSTANCES, name, document)
    return document


def change(cloud: CloudSql, name: str, **changes: object) -> None:
    """Change an instance's document, if it is still there."""
    with cloud.state.change():
        document = cloud.state.get(INSTANCES, name)
        if document is not None:
            cloud.state.put(INSTANCES, name, {**document, **changes})


def is_running(cloud: CloudSql, name: str) -> bool:
    """Whether its server runs, whatever its document says."""
    try:
        return cloud.instances.is_running(name)
    except KeyError:  # It is not there yet, or no more.
        return False


def running(cloud: CloudSql, request: Request) -> Json:
    """The document of an instance that can be asked about its users and databases."""
    document = existing(cloud, request)
    if shown_state(document) != "RUNNABLE" or not is_running(cloud, document["name"]):
        raise refusals.not_running()
    return document


def shown_state(document: Json) -> str:
    """Its state, or the one that a fault holds it in."""
    return str(document["stuck"] or document["state"])


def get(cloud: CloudSql, request: Request) -> Json:
    """instances.get."""
    return view(cloud, existing(cloud, request))


def list_(cloud: CloudSql, request: Request) -> Json:
    """instances.list: of the filters only `name:NAME`."""
    names.check_project(request.names["project"])
    documents = cloud.state.under(INSTANCES)
    if wanted := request.query.get("filter"):
        matched = _FILTER.search(wanted)
        if matched is None:
            raise refusals.invalid("the sandbox filters instances by name only")
        documents = [each for each in documents if each["name"] == matched[1]]
    shown, mark = page(documents, request, size="maxResults", mark="pageToken", largest=_LIST_MAX)
    answer: Json = {"kind": "sql#instancesList", "items": [view(cloud, each) for each in shown]}
    return {**answer, "nextPageToken": mark} if mark else answer


def view(cloud: CloudSql, document: Json) -> Json:
    """A DatabaseInstance."""
    name, wanted = document["name"], document["settings"]
    port = port_of(cloud, name)
    version = version_of(cloud, name)
    if port is not None and not cloud.distance.private_ip:
        labels = {**wanted["userLabels"], settings.PORT_LABEL: str(port)}
        wanted = {**wanted, "userLabels": labels}
    if cloud.distance.private_ip:
        network = f"projects/{PROJECT}/global/networks/default"
        private = {"ipv4Enabled": False, "privateNetwork": network}
        wanted = {**wanted, "ipConfiguration": {**wanted["ipConfiguration"], **private}}
    return {
        "kind": "sql#instance",
        "name": name,
        "project": PROJECT,
        "region": REGION,
        "gceZone": f"{REGION}-a",
        "connectionName": names.connection_name(name),
        "databaseVersion": f"POSTGRES_{version}",
        "state": shown_state(document),
        "instanceType": "CLOUD_SQL_INSTANCE",
        "backendType": "SECOND_GEN",
        "createTime": document["createTime"],
        "etag": _etag(document),
        "selfLink": names.link("instances", name),
        "ipAddresses": _addresses(cloud, name),
        "settings": wanted,
        **_authority(cloud, name),
    }


def port_of(cloud: CloudSql, name: str) -> int | None:
    """Where it listens on 127.0.0.1; None for one that never did."""
    try:
        return cloud.instances.port(name)
    except (KeyError, FileNotFoundError):
        return None


def version_of(cloud: CloudSql, name: str) -> int:
    """The major version of its server; that of this machine's for one that is not there yet."""
    try:
        return cloud.instances.record(name).version
    except KeyError:
        return cloud.instances.version


def _addresses(cloud: CloudSql, name: str) -> list[Json]:
    # A private address is a place where nothing of this machine is: what the API says is all
    # that a client outside of the network has to go by.
    if cloud.distance.private_ip:
        return [{"type": "PRIVATE", "ipAddress": private_address(name)}]
    if name not in cloud.instances.names():
        return []  # It is not there yet.
    return [{"type": "PRIMARY", "ipAddress": cloud.instances.address(name)}]


def _authority(cloud: CloudSql, name: str) -> Json:
    if name not in cloud.instances.names():
        return {}
    return {"serverCaCert": ssl_cert(name, cloud.authorities.of(name).certificate)}


def _etag(document: Json) -> str:
    text = f"{document['createTime']} {document['settings']['settingsVersion']}"
    return hashlib.sha256(text.encode()).hexdigest()
