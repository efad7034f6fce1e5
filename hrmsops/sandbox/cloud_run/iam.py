"""Who may call: the policy of a service or job, as far as an invoker is concerned."""

from __future__ import annotations

from hrmsops.sandbox.access.handlers import granted
from hrmsops.sandbox.api import Request, not_found
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.names import (
    check_etag,
    check_place,
    job_name,
    next_version,
    service_name,
)
from hrmsops.sandbox.state import Json

INVOKER = "roles/run.invoker"
EVERYONE = "allUsers"


def policy_of(cloud: CloudRun, name: str) -> Json:
    """The policy of a resource.

    Unlike Cloud Run, a service that was made by a patch (`allowMissing`) or over the v1 API may be
    called by everyone until a policy was set: most sandboxes are made to be tried with curl. One
    that services.create made is closed, as on Cloud Run.
    """
    open_to_all = {"bindings": [{"role": INVOKER, "members": [EVERYONE]}], "etag": "ACAB"}
    return {"version": 1, **(cloud.state.get("policies", name) or open_to_all)}


def close(cloud: CloudRun, name: str) -> None:
    """Let nobody in but those with a token: what a new service begins with."""
    cloud.state.put("policies", name, {"bindings": [], "etag": "ACAB"})


def access(cloud: CloudRun, service: Json) -> str:
    """What the service's URLs ask for: "open", "iam" (a bearer token), "internal" (closed)."""
    if service.get("ingress", "INGRESS_TRAFFIC_ALL") != "INGRESS_TRAFFIC_ALL":
        return "internal"
    bindings = policy_of(cloud, service["name"]).get("bindings", ())
    granted = any(
        each.get("role") == INVOKER and EVERYONE in each.get("members", ()) for each in bindings
    )
    return "open" if granted or service.get("invokerIamDisabled") else "iam"


def get(cloud: CloudRun, request: Request) -> Json:
    """getIamPolicy."""
    return policy_of(cloud, _resource(cloud, request)["name"])


def set_(cloud: CloudRun, request: Request) -> Json:
    """setIamPolicy: what it says of roles/run.invoker and allUsers holds for the URLs at once."""
    resource = _resource(cloud, request)
    wanted = request.body.get("policy", {})
    with cloud.state.change():
        before = policy_of(cloud, resource["name"])
        check_etag({**before, "name": resource["name"]}, wanted.get("etag", ""))
        mark = f"AC{next_version(cloud)}=="
        bindings = wanted.get("bindings", [])
        cloud.state.put("policies", resource["name"], {"bindings": bindings, "etag": mark})
    return policy_of(cloud, resource["name"])


def test(cloud: CloudRun, request: Request) -> Json:
    """testIamPermissions: the sandbox's account may do everything that no fault denies it."""
    _resource(cloud, request)
    return granted(cloud.faults, request)


def _resource(cloud: CloudRun, request: Request) -> Json:
    check_place(request.names["project"], request.names["location"])
    if "job" in request.names:
        kind, name = "jobs", job_name(request.names["job"])
    else:
        kind, name = "services", service_name(request.names["service"])
    resource = cloud.state.get(kind, name)
    if resource is None:
        raise not_found(name)
    return resource
