"""A plain client of a sandbox: its controls, and Google's APIs as it speaks them."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from hrmsops.errors.sandbox import SandboxIsDown, SandboxRefused
from hrmsops.sandbox.cloud_run.cloud import PROJECT
from hrmsops.sandbox.cloud_run.names import service_name
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.state import Json

OPERATION_SECONDS_MAX = 600.0
_CALL_SECONDS = 120.0
_POLL_SECONDS = 0.05


class Client:
    """Calls one sandbox. A refusal is raised as SandboxRefused, silence as SandboxIsDown."""

    def __init__(self, home: Home, *, endpoint: str, token: str, account: str = "") -> None:
        self.home, self.endpoint = home, endpoint
        self._token, self._account = token, account

    @classmethod
    def of(cls, home: Home, *, account: str = "") -> Client:
        """The client of the sandbox in that folder; raises SandboxIsDown when none ever ran."""
        try:
            known = msgspec.json.decode(home.endpoint.read_bytes(), type=dict[str, Any])
        except (FileNotFoundError, msgspec.DecodeError) as error:
            raise SandboxIsDown(folder=home.root) from error
        return cls(home, endpoint=known["endpoint"], token=known["token"], account=account)

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One call: `path` with its query, JSON in and out."""
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if self._account:
            headers["X-Sandbox-Account"] = self._account
        connection = HTTPConnection(urlsplit(self.endpoint).netloc, timeout=_CALL_SECONDS)
        try:
            connection.request(method, path, body=sent, headers=headers)
            reply = connection.getresponse()
            code, answer = reply.status, reply.read()
        except (OSError, HTTPException) as error:
            raise SandboxIsDown(folder=self.home.root) from error
        finally:
            connection.close()
        document = msgspec.json.decode(answer, type=dict[str, Any])
        if code != 200:
            raise _refused(f"{method} {path}", code, document)
        return document

    def finished(self, operation: Json) -> Json:
        """The operation once it has ended, well or in an error; at most ten minutes from now."""
        deadline = time.monotonic() + OPERATION_SECONDS_MAX
        while not operation["done"] and time.monotonic() < deadline:
            path = f"/v2/{operation['name']}:wait"
            operation = self.call("POST", path, {"timeout": "30s"})
        return operation

    def sql(self, method: str, path: str, body: Json | None = None) -> Json:
        """A call of the Cloud SQL Admin API v1: `path` within the project, `instances/NAME`."""
        return self.call(method, f"/v1/projects/{PROJECT}/{path}", body)

    def sql_finished(self, operation: Json) -> Json:
        """The operation of Cloud SQL once it is DONE, well or not; at most ten minutes from now."""
        deadline = time.monotonic() + OPERATION_SECONDS_MAX
        while operation["status"] != "DONE" and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            operation = self.sql("GET", f"operations/{operation['name']}")
        return operation

    def instance(self, name: str) -> Json:
        """What the sandbox itself knows of an instance: `host`, `port`, `running`, `state`."""
        listed = self.call("GET", "/_sandbox/instances")["instances"]
        found: Json = next(each for each in listed if each["name"] == name)
        return found

    def back_up(self, instance: str) -> Json:
        """Take the scheduled backup of an instance now; its ended operation."""
        told = self.call("POST", f"/_sandbox/instances/{instance}:backup", {})
        return self.sql_finished(told["operation"])

    def destroy_instance(self, name: str) -> Json:
        """Total failure of an instance: its server, its data and its logs are gone."""
        return self.call("POST", f"/_sandbox/instances/{name}:destroy", {})

    def stick(self, instance: str, state: str = "") -> Json:
        """Let the API show an instance in that state; "" ends it."""
        return self.call("POST", f"/_sandbox/instances/{instance}:stick", {"state": state})

    def service(self, name: str) -> Json:
        """A service by its short name, as the v2 API shows it."""
        return self.call("GET", f"/v2/{service_name(name)}")

    def revisions(self, name: str) -> list[Json]:
        """The revisions of a service, the newest first."""
        found: list[Json] = self.call("GET", f"/v2/{service_name(name)}/revisions")["revisions"]
        return found

    def patch_service(self, name: str, body: Json, *, mask: str = "", **query: str) -> Json:
        """Change a service, or make it with `allowMissing="true"`; answers the ended operation."""
        words = {**({"updateMask": mask} if mask else {}), **query}
        path = f"/v2/{service_name(name)}?{urlencode(words)}"
        return self.finished(self.call("PATCH", path, body))

    def status(self) -> Json:
        """What there is in the sandbox."""
        return self.call("GET", "/_sandbox/status")

    def state(self) -> Json:
        """Every resource as it is kept, by kind."""
        return self.call("GET", "/_sandbox/state")

    def add_image(self, folder: Path, name: str) -> str:
        """Keep a copy of a folder as an image; its digest."""
        wish = {"folder": str(folder.absolute()), "name": name}
        return str(self.call("POST", "/_sandbox/images", wish)["digest"])

    def remove_image(self, name: str) -> None:
        """Take an image out of the registry."""
        self.call("DELETE", f"/_sandbox/images?{urlencode({'name': name})}")

    def arm(self, **fault: Any) -> Json:
        """Arm a fault; the words are those of `faults.Fault`."""
        return self.call("POST", "/_sandbox/faults", fault)

    def clear_faults(self, number: str = "") -> int:
        """Disarm one fault or all; how many there were."""
        path = f"/_sandbox/faults/{number}" if number else "/_sandbox/faults"
        return int(self.call("DELETE", path)["cleared"])

    def crash(self, revision: str) -> Json:
        """SIGKILL a revision's process."""
        return self.call("POST", f"/_sandbox/revisions/{revision}:crash", {})

    def set(self, **settings: Any) -> None:
        """Change the sandbox's own settings: `account`, `estate`."""
        self.call("POST", "/_sandbox/settings", settings)


def _refused(call: str, code: int, document: Json) -> SandboxRefused:
    error = document.get("error", {})
    return SandboxRefused(
        call=call,
        http_code=code,
        status=error.get("status") or _reason(error),
        message=error.get("message", "no message"),
    )


def _reason(error: Json) -> str:
    """Cloud SQL has no status, but a reason: `operationInProgress`."""
    reasons = [each.get("reason") for each in error.get("errors", ())]
    return str((reasons or ["UNKNOWN"])[0])
