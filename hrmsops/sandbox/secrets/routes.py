"""The methods of Secret Manager v1 that are served.

Unlike Google's, a version is never disabled or destroyed, and whoever has a token may read it.
"""

from __future__ import annotations

import base64
import binascii
import re

from hrmsops.sandbox.api import ApiError, Request, Route, invalid
from hrmsops.sandbox.cloud_run.cloud import PROJECT
from hrmsops.sandbox.state import Json, State

SECRETS, VERSIONS = "secrets", "secret_versions"
_MEANT = re.compile(r"/v1/projects/[^/]+/secrets([/:].*)?")
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def is_meant(path: str) -> bool:
    """Whether a path is this API's."""
    return _MEANT.fullmatch(path) is not None


def create(state: State, request: Request) -> Json:
    """secrets.create: a name without any value yet."""
    secret_id = request.query.get("secretId", "")
    if not _ID.fullmatch(secret_id):
        raise invalid("The secret ID is not valid.", field_name="secret_id")
    name = f"projects/{_project(request)}/secrets/{secret_id}"
    with state.change():
        if state.get(SECRETS, name) is not None:
            raise ApiError(409, f"Secret [{name}] already exists.", status="ALREADY_EXISTS")
        secret = {"name": name, "replication": {"automatic": {}}}
        state.put(SECRETS, name, secret)
    return secret


def add_version(state: State, request: Request) -> Json:
    """secrets.addVersion: the next number."""
    name = f"projects/{_project(request)}/secrets/{request.names['secret']}"
    data = str(request.body.get("payload", {}).get("data", ""))
    try:
        base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise invalid("The payload is not base64.", field_name="payload.data") from error
    with state.change():
        if state.get(SECRETS, name) is None:
            raise _missing(name)
        number = len(state.under(VERSIONS, f"{name}/versions/")) + 1
        version = {"name": f"{name}/versions/{number}", "state": "ENABLED"}
        state.put(VERSIONS, version["name"], {**version, "data": data})
    return version


def access(state: State, request: Request) -> Json:
    """versions.access: what a version holds; `latest` is the newest."""
    name = f"projects/{_project(request)}/secrets/{request.names['secret']}"
    wanted = request.names["version"]
    if wanted == "latest":
        wanted = str(len(state.under(VERSIONS, f"{name}/versions/")))
    version = state.get(VERSIONS, f"{name}/versions/{wanted}")
    if version is None:
        raise _missing(f"{name}/versions/{request.names['version']}")
    return {"name": version["name"], "payload": {"data": version["data"]}}


def _project(request: Request) -> str:
    if request.names["project"] != PROJECT:
        raise ApiError(403, "Permission denied on resource project.")
    return PROJECT


def _missing(name: str) -> ApiError:
    return ApiError(404, f"Secret [{name}] not found or has no versions.")


_SECRETS = "/v1/projects/{project}/secrets"

ROUTES: tuple[Route[State], ...] = (
    Route("POST", _SECRETS, create),
    Route("POST", _SECRETS + "/{secret}:addVersion", add_version),
    Route("GET", _SECRETS + "/{secret}/versions/{version}:access", access),
)
