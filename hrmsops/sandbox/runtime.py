"""Revisions and executions as processes: started on demand, adopted after a crash."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

from hrmsops.postgres.ports import LOOPBACK, free_port
from hrmsops.sandbox.environment import environment_of
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images, Manifest
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.process_records import ProcessRecord
from hrmsops.sandbox.processes import Processes
from hrmsops.sandbox.startup import PortTaken, await_serving, image_missing
from hrmsops.sandbox.tasks import OnEnd, Tasks
from hrmsops.sandbox.workload import NotReady, Workload

GRACE_SECONDS = 10.0  # Cloud Run's, between SIGTERM and SIGKILL.
PORTS_TRIED_MAX = 5
STILL_SERVING_SECONDS = 5.0


class Runtime:
    """What runs in the sandbox besides its databases; safe to use from many threads."""

    def __init__(self, home: Home, images: Images, instances: Instances) -> None:
        self._home, self._images, self._instances = home, images, instances
        self._processes = Processes(home)
        self._tasks = Tasks(self._processes)
        self._serving: dict[str, int] = {}
        self._starting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def ensure_serving(self, workload: Workload) -> tuple[str, int]:
        """Host and port of the revision's process, which is started if it does not run.

        Returns when it serves, which may take the workload's startup timeout; a second caller waits
        for the first. Raises NotReady in Cloud Run's words; no process is left then.
        """
        port = self._serving.get(workload.name)
        if port is not None and self._processes.is_alive(workload.name):
            return LOOPBACK, port
        with self._lock_of(workload.name):
            if workload.name not in self._serving or not self._processes.is_alive(workload.name):
                self._serving.pop(workload.name, None)
                self._serving[workload.name] = self._bring_up(workload)
            return LOOPBACK, self._serving[workload.name]

    def ensure_still_serving(self, workload: Workload) -> tuple[str, int]:
        """As `ensure_serving`, for one that has just failed to answer: asked, not believed.

        A process that is found dead, or that does not listen within seconds, is started anew.
        """
        with self._lock_of(workload.name):
            record = self._processes.record(workload.name)
            try:
                if record is not None and self._processes.is_alive(workload.name):
                    self._await_serving(workload, record, seconds=STILL_SERVING_SECONDS)
            except (NotReady, PortTaken):
                self._processes.stop(workload.name, grace_seconds=0)
        return self.ensure_serving(workload)

    def is_running(self, name: str) -> bool:
        """Whether the process of a revision or an execution runs."""
        return self._processes.is_alive(name)

    def names(self) -> list[str]:
        """Revisions and executions with a process, or with an end that nobody has heard of yet."""
        return self._processes.names()

    def stop(self, name: str) -> None:
        """End a revision's process: SIGTERM, and SIGKILL after Cloud Run's ten seconds."""
        with self._lock_of(name):
            self._serving.pop(name, None)
            self._processes.stop(name, grace_seconds=GRACE_SECONDS)

    def crash(self, name: str) -> None:
        """SIGKILL a revision, as a fault: the next request starts it again."""
        self._processes.kill(name)

    def start_worker(self, workload: Workload) -> None:
        """Start an instance of a worker pool, which listens nowhere.

        Raises NotReady where there is no image.
        """
        with self._lock_of(workload.name):
            manifest, folder = self._image_of(workload)
            self._processes.start(
                workload.name,
                _command(workload, manifest),
                folder=folder,
                env=self._environment(workload, manifest, port=0),
            )

    def run_job(self, workload: Workload, *, timeout_seconds: float, on_end: OnEnd) -> None:
        """Start an execution's task and return; `on_end` hears from another thread how it ended.

        It is told an exit code, or TIMED_OUT, CANCELLED or LOST (tasks.py). Raises NotReady where
        there is no image.
        """
        manifest, folder = self._image_of(workload)
        self._tasks.run(
            workload.name,
            _command(workload, manifest),
            folder=folder,
            env=self._environment(workload, manifest, port=0),
            timeout_seconds=timeout_seconds,
            on_end=on_end,
        )

    def watch_job(self, name: str, on_end: OnEnd) -> None:
        """Hear the end of a task that an earlier daemon started; LOST when nothing is known."""
        self._tasks.watch(name, on_end)

    def cancel_job(self, name: str) -> None:
        """End a task; its `on_end` is told CANCELLED."""
        self._tasks.cancel(name)

    def adopt(self) -> list[str]:
        """Names of the revisions and tasks of an earlier daemon that still run; the rest is ended.

        A revision is asked whether it serves when it is next needed; a task wants `watch_job`.
        """
        return [record.name for record in self._processes.adopt()]

    def stop_all(self) -> None:
        """End every process of this sandbox, tasks included."""
        self._processes.stop_all(grace_seconds=GRACE_SECONDS)
        self._serving.clear()

    def _bring_up(self, workload: Workload) -> int:
        for _ in range(PORTS_TRIED_MAX):
            record = self._started(workload)
            try:
                self._await_serving(workload, record, seconds=workload.startup_timeout_seconds)
            except PortTaken:
                self._processes.stop(workload.name, grace_seconds=0)
            except NotReady:
                self._processes.stop(workload.name, grace_seconds=0)
                raise
            else:
                return record.port
        raise OSError(f"{PORTS_TRIED_MAX} ports were taken before {workload.name} could listen")

    def _started(self, workload: Workload) -> ProcessRecord:
        """The process that runs already (an adopted one), else a new one."""
        record = self._processes.record(workload.name)
        if record is not None and self._processes.is_alive(workload.name):
            return record
        manifest, folder = self._image_of(workload)
        port = free_port()
        return self._processes.start(
            workload.name,
            _command(workload, manifest),
            folder=folder,
            env=self._environment(workload, manifest, port=port),
            port=port,
        )

    def _await_serving(self, workload: Workload, record: ProcessRecord, *, seconds: float) -> None:
        await_serving(
            workload,
            record,
            seconds=seconds,
            is_alive=lambda: self._processes.is_alive(workload.name),
            log=(self._home.logs / f"{workload.name}.log").absolute().as_uri(),
        )

    def _image_of(self, workload: Workload) -> tuple[Manifest, Path]:
        folder = self._images.folder(workload.digest)
        if not folder.is_dir():
            raise image_missing(workload)
        return self._images.manifest(workload.digest), folder

    def _environment(self, workload: Workload, manifest: Manifest, *, port: int) -> dict[str, str]:
        return environment_of(
            workload,
            manifest,
            port=port,
            reach=self._instances.connect_info,
            private=self._instances.private_addresses(),
        )

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._starting[name]


def _command(workload: Workload, manifest: Manifest) -> tuple[str, ...]:
    return (*(workload.command or manifest.command), *workload.args)
