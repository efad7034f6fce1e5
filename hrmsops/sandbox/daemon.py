"""The daemon of one sandbox folder: up, adopting what still runs, and down in order."""

from __future__ import annotations

import gc
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.sandbox import SandboxPortTaken
from hrmsops.sandbox import lock
from hrmsops.sandbox.cloud_run import resume
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.workers import Supervisor
from hrmsops.sandbox.cloud_sql import lifecycle
from hrmsops.sandbox.cloud_sql.backup_files import BackupFiles
from hrmsops.sandbox.cloud_sql.cloud import PROJECT, CloudSql
from hrmsops.sandbox.control import STOPPED_INSTANCES, Sandbox
from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.front import Front
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.ingress import Ingress
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.monitoring.time_series import Monitoring
from hrmsops.sandbox.request_log import Entry, RequestLog
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.scheduling.cloud import Scheduling
from hrmsops.sandbox.scheduling.dispatcher import Dispatcher
from hrmsops.sandbox.served import ServedRequests
from hrmsops.sandbox.server import Server
from hrmsops.sandbox.server_proxy.authorities import Authorities
from hrmsops.sandbox.server_proxy.endpoints import Endpoints
from hrmsops.sandbox.state import Json, State
from hrmsops.sandbox.storage.objects import Storage

ANY_PORT = 0


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a sandbox is to come up; None keeps what it was told before."""

    port: int | None = None
    rtt_seconds: float | None = None
    clock_skew_seconds: float | None = None
    clone_delay_seconds: float | None = None
    log_lag_seconds: float | None = None
    metrics_lag_seconds: float | None = None
    private_ip: bool | None = None


class LastWords(msgspec.Struct, frozen=True, kw_only=True):
    """Why a daemon ended that had to, for whoever waits for it."""

    why: str
    fix: str


def serve(
    home: Home,
    wish: Wish,
    *,
    on_ready: Callable[[], None],
    on_call: Callable[[Entry], None],
) -> None:
    """Be the daemon until SIGINT, SIGTERM or `down`; raises SandboxRunsAlready.

    `on_ready` runs beside the daemon once the API answers.
    """
    stop = threading.Event()
    home.prepare()
    with lock.held(home), _signals(stop), _sandbox(home, wish, stop) as sandbox:
        home.endpoint.unlink(missing_ok=True)  # A killed daemon's.
        server = _server(sandbox, wish, on_call)
        sandbox.state.set("port", server.server_address[1])
        resume.resume(sandbox.cloud_run)
        lifecycle.resume(sandbox.cloud_sql)
        supervisor = Supervisor(sandbox.cloud_run)
        dispatcher = Dispatcher(sandbox.scheduling)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _tell_endpoint(home, server.endpoint, sandbox.token)
        try:
            _stay(on_ready, stop)
        finally:
            home.endpoint.unlink(missing_ok=True)
            server.shutdown()
            server.server_close()
            dispatcher.close()
            supervisor.close()


def known_endpoint(home: Home) -> Json | None:
    """What the running daemon has told of itself, or None."""
    try:
        return msgspec.json.decode(home.endpoint.read_bytes(), type=Json)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _stay(on_ready: Callable[[], None], stop: threading.Event) -> None:
    """Until the stop; what goes wrong in `on_ready` is one, and is raised here."""
    failures: list[Exception] = []

    def ready() -> None:
        try:
            on_ready()
        except Exception as failure:
            if not stop.is_set():
                failures.append(failure)
                stop.set()

    threading.Thread(target=ready, daemon=True).start()
    # A wait without a timeout would not let a signal's handler run on every platform.
    while not stop.wait(3600):
        pass
    if failures:
        raise failures[0]


def _server(sandbox: Sandbox, wish: Wish, on_call: Callable[[Entry], None]) -> Server:
    port = _port(sandbox.state, wish)
    try:
        return Server(port, Front(sandbox, on_call))
    except OSError as error:
        raise SandboxPortTaken(port=port) from error


@contextmanager
def _sandbox(home: Home, wish: Wish, stop: threading.Event) -> Iterator[Sandbox]:
    state = State(home.state)
    distance = _distance(state, wish)
    images, instances = Images(home), Instances(home)
    authorities = Authorities(home.certificates, project=PROJECT)
    endpoints = Endpoints(instances, authorities)
    if not distance.private_ip:  # Nobody outside of the network reaches a private address.
        instances.on_change = endpoints.settle
    runtime = Runtime(home, images, instances)
    ingress = Ingress(home, runtime)
    ingress.delay_seconds = distance.rtt.total_seconds()
    served = ServedRequests(home.logs / "served.jsonl", distance)
    ingress.on_served = served.add
    faults = Faults(state)
    log = RequestLog(home.logs / "requests.jsonl")
    cloud_run = CloudRun(
        state=state,
        images=images,
        runtime=runtime,
        ingress=ingress,
        faults=faults,
        distance=distance,
        logs=home.logs,
    )
    cloud_sql = CloudSql(
        state=state,
        instances=instances,
        backups=BackupFiles(home),
        authorities=authorities,
        faults=faults,
        distance=distance,
        kinds=lifecycle.KINDS,
    )
    try:
        _start_instances(state, instances)
        yield Sandbox(
            token=secrets.token_urlsafe(24),
            state=state,
            images=images,
            instances=instances,
            faults=faults,
            cloud_run=cloud_run,
            cloud_sql=cloud_sql,
            scheduling=Scheduling(state=state, distance=distance),
            monitoring=Monitoring(served=served, distance=distance),
            storage=Storage(state=state, distance=distance, faults=faults),
            log=log,
            stop=stop.set,
        )
    finally:
        cloud_run.background.close()
        lifecycle.close(cloud_sql)
        ingress.close()
        runtime.stop_all()
        instances.stop_all()
        endpoints.close()
        served.close()
        log.close()
        state.close()


def _start_instances(state: State, instances: Instances) -> None:
    """Adopt the clusters that still run, start the others, but not those that are to rest."""
    for name in instances.adopt():
        instances.on_change(name)
    resting = {*state.setting(STOPPED_INSTANCES, []), *lifecycle.asleep(state)}
    wanted = [
        name for name in instances.names() if name not in resting and not instances.is_running(name)
    ]
    for name in wanted:
        instances.require_data(name)
    for name in wanted:
        instances.start(name)


def _distance(state: State, wish: Wish) -> Distance:
    wanted = {
        "rtt": _length(wish.rtt_seconds),
        "clock_skew": _length(wish.clock_skew_seconds),
        "clone_delay": _length(wish.clone_delay_seconds),
        "log_lag": _length(wish.log_lag_seconds),
        "metrics_lag": _length(wish.metrics_lag_seconds),
        "private_ip": wish.private_ip,
    }
    said: Json = {name: value for name, value in wanted.items() if value is not None}
    distance = replace(Distance.of(state), **said)
    distance.keep(state)
    return distance


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _port(state: State, wish: Wish) -> int:
    """The wished port, else the one it had before if that is still free."""
    if wish.port:
        return wish.port
    before = int(state.setting("port", ANY_PORT))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", before))
        except OSError:
            return ANY_PORT
    return before


def _tell_endpoint(home: Home, endpoint: str, token: str) -> None:
    """Write where it answers, whole and readable by the owner alone, once it does answer."""
    draft = home.endpoint.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(
        msgspec.json.encode({"endpoint": endpoint, "token": token, "pid": os.getpid()})
    )
    draft.replace(home.endpoint)


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM ask for an orderly end instead of raising in the midst of something."""
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(root: str, wish: str) -> None:
    """The detached daemon: what it prints goes to `logs/sandbox.log`, its `LastWords` last."""
    gc.freeze()  # What is loaded by now is no garbage.
    try:
        serve(
            Home(Path(root)),
            msgspec.json.decode(wish, type=Wish),
            on_ready=lambda: None,
            on_call=lambda entry: None,
        )
    except HrmsopsError as error:
        last = LastWords(why=f"{error.what} {error.why}", fix=error.fix)
        sys.exit(msgspec.json.encode(last).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
