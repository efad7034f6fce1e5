"""A production that works by itself, and the engineer who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.command_line import Ended
from tests.fixtures.sandboxes import template
from tests.rollback.production import Production
from tests.sandbox.waiting import eventually

JOBS, QUEUES, POOLS = f"/v1/{PARENT}/jobs", f"/v2/{PARENT}/queues", f"/v2/{PARENT}/workerPools"
HOLD = """
[environments.production.hold]
schedulers = ["{name}-pays", "{name}-rests"]
queues = ["{name}-mail"]
worker_pools = ["{name}-pool"]
jobs = ["{name}-job"]
"""
ON = ("hold", "on", "-e", "production", "--reason", "wrong amounts", "--json")
OFF = ("hold", "off", "-e", "production", "--reason", "mended", "--json")
Json = dict[str, Any]


@dataclass
class Works(Production):
    """Two schedulers of which one is paused, a queue, two workers, and a job."""

    @property
    def config(self) -> str:
        return (self.folder / "hrmsops.toml").read_text()

    def append(self, text: str) -> None:
        (self.folder / "hrmsops.toml").write_text(self.config + text)

    def begin(self, images: dict[str, str]) -> None:
        name, target = self.service, {"uri": "http://127.0.0.1:9/x", "httpMethod": "GET"}
        for scheduler in ("pays", "rests"):
            job = {"name": f"{PARENT}/jobs/{name}-{scheduler}", "schedule": "0 2 1 1 *"}
            self.client.call("POST", JOBS, {**job, "httpTarget": target})
        self.client.call("POST", f"{JOBS}/{name}-rests:pause", {})
        self.client.call("POST", QUEUES, {"name": f"{PARENT}/queues/{name}-mail"})
        workers = {
            "template": template(images["worker"]),
            "scaling": {"manualInstanceCount": 2},
        }
        made = self.client.call("POST", f"{POOLS}?workerPoolId={name}-pool", workers)
        self.client.finished(made)
        task = {**template(images["job"], SECONDS="60"), "maxRetries": 0}
        body = {"template": {"template": task}}
        self.client.call("POST", f"/v2/{PARENT}/jobs?jobId={name}-job", body)
        self.append(HOLD.format(name=name))

    def end(self) -> None:
        """No worker is left running."""
        self.client.clear_faults()
        self.scale(0)
        for execution in self.running():
            self.client.finished(self.client.call("POST", f"/v2/{execution}:cancel", {}))

    def scale(self, count: int) -> None:
        path = f"{POOLS}/{self.service}-pool?updateMask=scaling"
        operation = self.client.call("PATCH", path, {"scaling": {"manualInstanceCount": count}})
        self.client.finished(operation)

    def start_job(self) -> str:
        """A running execution; its short name."""
        begun = self.client.call("POST", f"/v2/{PARENT}/jobs/{self.service}-job:run", {})
        name = str(begun["metadata"]["name"])
        log = self.client.home.logs / f"{name.rpartition('/')[2]}-task0.log"
        eventually(lambda: log.exists() and "task 0" in log.read_text())
        return name.rpartition("/")[2]

    def running(self) -> list[str]:
        found = self.client.call("GET", f"/v2/{PARENT}/jobs/{self.service}-job/executions")
        return [e["name"] for e in found["executions"] if "completionTime" not in e]

    @property
    def states(self) -> Json:
        """How each of them stands now."""
        name, call = self.service, self.client.call
        pool = call("GET", f"{POOLS}/{name}-pool")
        return {
            "pays": call("GET", f"{JOBS}/{name}-pays")["state"],
            "rests": call("GET", f"{JOBS}/{name}-rests")["state"],
            "mail": call("GET", f"{QUEUES}/{name}-mail")["state"],
            "pool": pool["scaling"]["manualInstanceCount"],
        }

    def hold(self, *words: str, **variables: str) -> Ended:
        return self.hrmsops(*ON, "--yes", *words, **variables)

    def let_go(self, *words: str, **variables: str) -> Ended:
        return self.hrmsops(*OFF, "--yes", *words, **variables)


AT_WORK = {"pays": "ENABLED", "rests": "PAUSED", "mail": "RUNNING", "pool": 2}
HELD = {"pays": "PAUSED", "rests": "PAUSED", "mail": "PAUSED", "pool": 0}
