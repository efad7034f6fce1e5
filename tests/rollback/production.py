"""A service on the worker's sandbox, and the engineer who rolls it back."""

from __future__ import annotations

import itertools
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.names import service_name
from hrmsops.sandbox.request_log import Entry, entries
from tests.command_line import ROOT, Begun, Ended, begin, ended, environment
from tests.fixtures.sandboxes import deploy
from tests.rollback import faulted

CONFIG = """
[environments.production]
kind = "production"
project = "nhia-hrms"
region = "us-central1"
service = "{service}"
endpoint = "{endpoint}"
store = "{store}"
[environments.production.health]
paths = ["/readyz"]
host = "{host}"
[timeouts]
record = "500ms"
"""
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
LATEST = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}


@dataclass
class Production:
    """One service, its revisions in the order of their deploys, and a state folder of its own."""

    client: Client
    image: str
    service: str
    folder: Path
    store: str = "local"
    revisions: list[str] = field(default_factory=list)
    _greetings: Iterator[int] = field(default_factory=itertools.count)

    def write_config(self, host: str = "") -> None:
        endpoint = self.client.endpoint
        text = CONFIG.format(service=self.service, endpoint=endpoint, store=self.store, host=host)
        (self.folder / "hrmsops.toml").write_text(text)

    def deploy(self, **env: str) -> str:
        """A new revision; the short name of the newest that was made."""
        made = deploy(self.client, self.service, self.image, N=str(next(self._greetings)), **env)
        self.revisions.append(str(made["latestCreatedRevision"]).rpartition("/")[2])
        return self.revisions[-1]

    def hrmsops(self, *words: str, **variables: str) -> Ended:
        """Type a command line in a pipe."""
        return ended(self.start(*words, **variables), seconds=180)

    def start(self, *words: str, **variables: str) -> Begun:
        """Begin a command line, for a test that kills it."""
        return begin(*words, cwd=self.folder, variables=self.environment(**variables))

    def environment(self, **variables: str) -> dict[str, str]:
        path = os.pathsep.join([*variables.pop("prepend", "").split(), str(ROOT)])
        own = {"HRMSOPS_STATE_DIR": str(self.folder / "state"), "PYTHONPATH": path}
        return environment(**own, **variables)

    def rollback(self, *words: str, **variables: str) -> Ended:
        """`rollback app` as CI types it."""
        ask = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")
        return self.hrmsops(*ask, *words, **variables)

    @property
    def document(self) -> dict[str, Any]:
        return self.client.service(self.service)

    @property
    def shares(self) -> dict[str, int]:
        """What is true: the percent of each revision, LATEST resolved."""
        latest = str(self.document["latestReadyRevision"]).rpartition("/")[2]
        found: dict[str, int] = {}
        for status in self.document["trafficStatuses"]:
            if percent := status.get("percent", 0):
                found[status.get("revision") or latest] = percent
        return found

    @property
    def tags(self) -> dict[str, str]:
        return {t["tag"]: t.get("revision", "") for t in self.document["traffic"] if t.get("tag")}

    def set_traffic(self, *targets: dict[str, Any]) -> None:
        """Change the traffic as someone else would."""
        self.client.patch_service(self.service, {"traffic": list(targets)}, mask="traffic")

    def calls(self, method: str = "PATCH") -> list[Entry]:
        """The API calls on this service that the sandbox has seen, set-up included."""
        path = f"/v2/{service_name(self.service)}"
        log = entries(self.client.home.logs / "requests.jsonl")
        return [entry for entry in log if entry.method == method and entry.path == path]

    def until_met(self, fault: dict[str, Any], process: Begun) -> None:
        """Wait until a call has met the fault, or the process ended before it."""
        faulted.until_met(self.client, fault, process)

    def kill_when_met(self, fault: dict[str, Any], process: Begun) -> None:
        """SIGKILL the process while its call is in the fault's hands."""
        faulted.kill_when_met(self.client, fault, process)

    def all_calls(self) -> list[Entry]:
        """Every API call that names this service or its revisions."""
        log = entries(self.client.home.logs / "requests.jsonl")
        return [entry for entry in log if service_name(self.service) in entry.path]

    def answers(self) -> str:
        """The revision that answers at the service's URL."""
        with urllib.request.urlopen(self.document["uri"], timeout=10) as reply:
            return str(json.load(reply)["revision"])


def to(revision: str, percent: int = 100, tag: str = "") -> dict[str, Any]:
    """A traffic target by name."""
    target: dict[str, Any] = {"type": REVISION, "revision": revision}
    return target | ({"percent": percent} if percent else {}) | ({"tag": tag} if tag else {})
