"""The sandbox's own controls under /_sandbox: images, instances, faults, and what there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hrmsops.errors import HrmsopsError
from hrmsops.sandbox.api import ApiError, Request, Route, not_found
from hrmsops.sandbox.cloud_run import workers
from hrmsops.sandbox.cloud_run.cloud import ACCOUNT, PROJECT, REGION, CloudRun
from hrmsops.sandbox.cloud_run.names import parent_of, short
from hrmsops.sandbox.cloud_sql import controls, lifecycle
from hrmsops.sandbox.cloud_sql.cloud import CloudSql
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.instances import Instances, User
from hrmsops.sandbox.monitoring.time_series import Monitoring
from hrmsops.sandbox.request_log import RequestLog
from hrmsops.sandbox.scheduling.cloud import JOBS, QUEUES, TASKS, Scheduling
from hrmsops.sandbox.state import Json, State
from hrmsops.sandbox.storage.objects import BUCKETS, Storage

STOPPED_INSTANCES = "stopped instances"
_RESOURCES = (
    "services",
    "revisions",
    "jobs",
    "executions",
    "worker_pools",
    "worker_revisions",
    "operations",
    "policies",
    JOBS,
    QUEUES,
    TASKS,
    "sql_instances",
    "sql_backups",
    "sql_operations",
    BUCKETS,
)


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Everything that one daemon holds."""

    token: str
    state: State
    images: Images
    instances: Instances
    faults: Faults
    cloud_run: CloudRun
    cloud_sql: CloudSql
    scheduling: Scheduling
    monitoring: Monitoring
    storage: Storage
    log: RequestLog
    stop: Callable[[], None]
    """Asks the daemon to go down, and returns at once."""


def status(sandbox: Sandbox, _request: Request) -> Json:
    """What there is: services with their URLs and traffic, instances, images, armed faults."""
    distance = sandbox.cloud_run.distance
    return {
        "project": PROJECT,
        "region": REGION,
        "account": sandbox.state.setting("account", ACCOUNT),
        "services": [_service(each) for each in sandbox.state.under("services")],
        "worker_pools": [_pool(sandbox, each) for each in sandbox.state.under("worker_pools")],
        "schedulers": [_state_of(each) for each in sandbox.state.under(JOBS)],
        "queues": [_state_of(each) for each in sandbox.state.under(QUEUES)],
        "instances": controls.listed(sandbox.cloud_sql),
        "buckets": [each["name"] for each in sandbox.state.under(BUCKETS)],
        "images": sandbox.images.references(),
        "faults": sandbox.faults.armed(),
        "rtt_seconds": distance.rtt.total_seconds(),
        "clock_skew_seconds": distance.clock_skew.total_seconds(),
        "clone_delay_seconds": distance.clone_delay.total_seconds(),
        "log_lag_seconds": distance.log_lag.total_seconds(),
        "metrics_lag_seconds": distance.metrics_lag.total_seconds(),
        "private_ip": distance.private_ip,
        "unfinished_operations": sandbox.state.count("work") + sandbox.state.count("sql_work"),
        "settings": {"estate": sandbox.state.setting("estate", False)},
    }


def everything(sandbox: Sandbox, _request: Request) -> Json:
    """Every resource as it is kept, by kind: compare it before and after to see what changed."""
    return {kind: sandbox.state.under(kind) for kind in _RESOURCES}


def change_settings(sandbox: Sandbox, request: Request) -> Json:
    """`account` (who calls, when a call does not say) and `estate` (it was deployed)."""
    for name, value in request.body.items():
        if name not in ("account", "estate"):
            raise ApiError(400, f"The sandbox has no setting {name}.")
        sandbox.state.set(name, value)
    return {}


def list_images(sandbox: Sandbox, _request: Request) -> Json:
    """Each reference and the digest it names."""
    return {"images": sandbox.images.references()}


def add_image(sandbox: Sandbox, request: Request) -> Json:
    """`{folder, name}`: keep a copy of a folder as an image."""
    folder, name = Path(str(request.body["folder"])), str(request.body["name"])
    return {"name": name, "digest": sandbox.images.add(folder, name)}


def remove_image(sandbox: Sandbox, request: Request) -> Json:
    """Take an image out of the registry, as a clean-up policy would."""
    wanted = request.query.get("name", "")
    digest = sandbox.images.resolve(wanted)
    if digest is None:
        raise not_found(wanted)
    sandbox.images.remove(digest)
    return {"digest": digest}


def list_instances(sandbox: Sandbox, _request: Request) -> Json:
    """Each instance: its state, where it listens, and whether it runs."""
    return {"instances": controls.listed(sandbox.cloud_sql)}


def create_instance(sandbox: Sandbox, request: Request) -> Json:
    """`{name, database, owner, users: [{name, password, member_of?}]}`."""
    body = request.body
    port = sandbox.instances.create(
        body["name"],
        database=body["database"],
        owner=body["owner"],
        users=msgspec.convert(body["users"], tuple[User, ...]),
    )
    account = str(sandbox.state.setting("account", ACCOUNT))
    lifecycle.register(sandbox.cloud_sql, body["name"], account=account)
    return {"name": body["name"], "port": port}


def stop_instance(sandbox: Sandbox, request: Request) -> Json:
    """The database goes away, its data stays."""
    name = _instance(sandbox, request)
    controls.stop(sandbox.cloud_sql, name)
    _remember_stopped(sandbox, name, is_stopped=True)
    return {}


def start_instance(sandbox: Sandbox, request: Request) -> Json:
    """The database comes back."""
    name = _instance(sandbox, request)
    _remember_stopped(sandbox, name, is_stopped=False)
    return {"port": sandbox.instances.start(name)}


def stick_instance(sandbox: Sandbox, request: Request) -> Json:
    """`{state}`: the API shows the instance in that state, or as it is where it is empty."""
    return controls.stick(
        sandbox.cloud_sql, request.names["instance"], str(request.body.get("state", ""))
    )


def destroy_instance(sandbox: Sandbox, request: Request) -> Json:
    """Its server, its data and its logs are gone."""
    return controls.destroy(sandbox.cloud_sql, _instance(sandbox, request))


def back_up_instance(sandbox: Sandbox, request: Request) -> Json:
    """The automated backup that the schedule would take; answers its operation."""
    return {"operation": controls.back_up(sandbox.cloud_sql, _instance(sandbox, request))}


def list_faults(sandbox: Sandbox, _request: Request) -> Json:
    """The faults that are armed, the oldest first."""
    return {"faults": sandbox.faults.armed()}


def arm_fault(sandbox: Sandbox, request: Request) -> Json:
    """A fault as in `faults.Fault`; answers it with its id."""
    return sandbox.faults.arm(request.body)


def clear_faults(sandbox: Sandbox, request: Request) -> Json:
    """Every fault, or the one whose id is in the path."""
    return {"cleared": sandbox.faults.clear(request.names.get("fault", ""))}


def crash_revision(sandbox: Sandbox, request: Request) -> Json:
    """SIGKILL the revision's process; the next request starts it again."""
    name = request.names["revision"]
    known = {short(each["name"]): each for each in sandbox.state.under("revisions")}
    if name not in known:
        raise not_found(name)
    was_running = sandbox.cloud_run.runtime.is_running(name)
    sandbox.cloud_run.runtime.crash(name)
    return {"service": short(parent_of(known[name]["name"])), "was_running": was_running}


def go_down(sandbox: Sandbox, _request: Request) -> Json:
    """End everything that runs, and the daemon; the state stays."""
    sandbox.stop()
    return {}


def _service(document: Json) -> Json:
    kept = ("uri", "traffic", "trafficStatuses", "reconciling")
    return {"name": short(document["name"]), **{key: document.get(key) for key in kept}}


def _pool(sandbox: Sandbox, document: Json) -> Json:
    return {
        "name": short(document["name"]),
        "instances": document["scaling"]["manualInstanceCount"],
        "running": workers.running(sandbox.cloud_run, document["name"]),
    }


def _state_of(document: Json) -> Json:
    return {"name": short(document["name"]), "state": document["state"]}


def _remember_stopped(sandbox: Sandbox, name: str, *, is_stopped: bool) -> None:
    """The next start of the sandbox leaves a stopped instance alone."""
    others = set(sandbox.state.setting(STOPPED_INSTANCES, [])) - {name}
    sandbox.state.set(STOPPED_INSTANCES, sorted(others | ({name} if is_stopped else set())))


def _instance(sandbox: Sandbox, request: Request) -> str:
    name = request.names["instance"]
    if name not in sandbox.instances.names():
        raise not_found(name)
    return name


def _told(handler: Callable[[Sandbox, Request], Json]) -> Callable[[Sandbox, Request], Json]:
    """An error meant for people goes to the caller in its own words, with its code in `details`."""

    def answer(sandbox: Sandbox, request: Request) -> Json:
        try:
            return handler(sandbox, request)
        except HrmsopsError as error:
            told = {"code": error.code, "what": error.what, "why": error.why, "fix": error.fix}
            raise ApiError(409, error.what, details=[told]) from error
        except (KeyError, msgspec.ValidationError) as error:
            raise ApiError(400, f"The request lacks or garbles {error}.") from error

    return answer


_AT = "/_sandbox"

ROUTES: tuple[Route[Sandbox], ...] = (
    Route("GET", f"{_AT}/status", status),
    Route("GET", f"{_AT}/state", everything),
    Route("POST", f"{_AT}/settings", change_settings),
    Route("GET", f"{_AT}/images", list_images),
    Route("POST", f"{_AT}/images", _told(add_image)),
    Route("DELETE", f"{_AT}/images", _told(remove_image)),
    Route("GET", f"{_AT}/instances", list_instances),
    Route("POST", f"{_AT}/instances", _told(create_instance)),
    Route("POST", f"{_AT}/instances/{{instance}}:stop", stop_instance),
    Route("POST", f"{_AT}/instances/{{instance}}:start", _told(start_instance)),
    Route("POST", f"{_AT}/instances/{{instance}}:stick", stick_instance),
    Route("POST", f"{_AT}/instances/{{instance}}:destroy", destroy_instance),
    Route("POST", f"{_AT}/instances/{{instance}}:backup", back_up_instance),
    Route("GET", f"{_AT}/faults", list_faults),
    Route("POST", f"{_AT}/faults", arm_fault),
    Route("DELETE", f"{_AT}/faults", clear_faults),
    Route("DELETE", f"{_AT}/faults/{{fault}}", clear_faults),
    Route("POST", f"{_AT}/revisions/{{revision}}:crash", crash_revision),
    Route("POST", f"{_AT}/down", go_down),
)
