"""The Knative v1 API as gcloud speaks it: other shapes and manners over the same state."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, Request, Route, invalid, page
from hrmsops.sandbox.cloud_run import iam, operations, reconcile, services
from hrmsops.sandbox.cloud_run import knative_documents as documents
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION, CloudRun
from hrmsops.sandbox.cloud_run.knative_template import to_knative, to_v2
from hrmsops.sandbox.cloud_run.names import check_place, service_name, short, version_of
from hrmsops.sandbox.state import Json

_SERVICE_LABEL = "serving.knative.dev/service"


def list_services(cloud: CloudRun, request: Request) -> Json:
    """namespaces.services.list, and projects.locations.services.list, which gcloud asks first."""
    check_place(request.names.get("namespace") or request.names["project"])
    items = [documents.service(each) for each in cloud.state.under("services")]
    shown, following = page(items, request, size="limit", mark="continue", largest=1000)
    return documents.listing("ServiceList", shown, following=following)


def get_service(cloud: CloudRun, request: Request) -> Json:
    """namespaces.services.get."""
    return documents.service(services.existing(cloud, _name(request)))


def replace_service(cloud: CloudRun, request: Request) -> Json:
    """namespaces.services.replaceService: 409 when `metadata.resourceVersion` is not the newest."""
    name, dry = _name(request), request.query.get("dryRun") == "all"
    with cloud.state.change():
        before = services.existing(cloud, name)
        metadata, spec = request.body.get("metadata", {}), request.body.get("spec", {})
        _check_version(before, metadata.get("resourceVersion", ""))
        operation = services.update(
            cloud,
            before,
            _wish(before, metadata, spec),
            account=request.account,
            dry=dry,
            may_reuse_name=True,
        )
        body = operation["metadata"]
    if dry:
        return documents.service({**before, **body})
    reconcile.begin(cloud, operation)
    return documents.service(services.existing(cloud, name), operation=operation["name"])


def list_revisions(cloud: CloudRun, request: Request) -> Json:
    """namespaces.revisions.list: `labelSelector` names the service; the newest first."""
    check_place(request.names["namespace"])
    service = _selected_service(request.query.get("labelSelector", ""))
    found = cloud.state.under("revisions", f"{service_name(service)}/revisions/" if service else "")
    shown, following = page(found, request, size="limit", mark="continue", largest=1000)
    items = [documents.revision(each) for each in shown]
    return documents.listing("RevisionList", items, following=following)


def get_revision(cloud: CloudRun, request: Request) -> Json:
    """namespaces.revisions.get."""
    check_place(request.names["namespace"])
    wanted = request.names["revision"]
    for revision in cloud.state.under("revisions"):
        if short(revision["name"]) == wanted:
            return documents.revision(revision)
    raise ApiError(404, f"Resource '{wanted}' of kind 'REVISION' in region '{REGION}' not found.")


def wait_operation(cloud: CloudRun, request: Request) -> Json:
    """The v1 API's operations.wait: the response is a Knative service."""
    operation = operations.wait(cloud, request)
    body: Json = {"name": operation["name"], "done": operation["done"]}
    if "error" in operation:
        body["error"] = operation["error"]
    elif "response" in operation:
        kind = "type.googleapis.com/google.cloud.run.v1.Service"
        body["response"] = {"@type": kind, **documents.service(operation["response"])}
    return body


def list_locations(_cloud: CloudRun, request: Request) -> Json:
    """projects.locations.list: the one region there is."""
    check_place(request.names["project"])
    name = f"projects/{PROJECT}/locations/{REGION}"
    return {"locations": [{"name": name, "locationId": REGION, "displayName": "Iowa"}]}


def _wish(before: Json, metadata: Json, spec: Json) -> Json:
    wanted = {field: before[field] for field in services.WRITABLE if field in before}
    annotations = metadata.get("annotations", {})
    system = ("run.googleapis.com/", "serving.knative.dev/")
    wanted["annotations"] = {
        key: value for key, value in annotations.items() if not key.startswith(system)
    }
    wanted["labels"] = {
        key: value
        for key, value in metadata.get("labels", {}).items()
        if not key.startswith("cloud.googleapis.com/")
    }
    wanted["ingress"] = documents.ingress_in(annotations)
    wanted["traffic"] = documents.traffic_in(spec)
    template = spec.get("template", {})
    if not template.get("spec", {}).get("containers"):
        raise invalid("spec.template.spec.containers: Required field not present.")
    if _plain(template) != _plain(to_knative(before["template"])):
        wanted["template"] = to_v2(template)
    return wanted


def _plain(template: Json) -> Json:
    """A template without what is empty and without its revision's name when that is unchanged."""

    def pruned(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: kept
                for key, item in value.items()
                if (kept := pruned(item)) not in ({}, [], "")
            }
        if isinstance(value, list):
            return [pruned(item) for item in value]
        return value

    made = pruned({"metadata": template.get("metadata", {}), "spec": template.get("spec", {})})
    assert isinstance(made, dict)
    return made


def _check_version(before: Json, given: str) -> None:
    current = version_of(before["etag"])
    if given and given != current:
        raise ApiError(
            409,
            f"Conflict for resource '{short(before['name'])}': version '{given}' was specified"
            f" but current version is '{current}'.",
        )


def _selected_service(selector: str) -> str:
    if not selector:
        return ""
    label, _, value = selector.replace(" ", "").partition("=")
    if label != _SERVICE_LABEL or not value:
        raise invalid(f"The sandbox selects revisions by {_SERVICE_LABEL}=NAME, not by {selector}.")
    return value.lstrip("=")


def _name(request: Request) -> str:
    check_place(request.names["namespace"])
    return service_name(request.names["service"])


_IN = "/apis/serving.knative.dev/v1/namespaces/{namespace}"
_AT = "/v1/projects/{project}/locations/{location}"

ROUTES: tuple[Route[CloudRun], ...] = (
    Route("GET", _IN + "/services", list_services),
    Route("GET", _IN + "/services/{service}", get_service),
    Route("PUT", _IN + "/services/{service}", replace_service),
    Route("GET", _IN + "/revisions", list_revisions),
    Route("GET", _IN + "/revisions/{revision}", get_revision),
    Route("GET", "/v1/projects/{project}/locations", list_locations),
    Route("GET", _AT + "/services", list_services),
    Route("GET", _AT + "/services/{service}:getIamPolicy", iam.get),
    Route("POST", _AT + "/services/{service}:setIamPolicy", iam.set_),
    Route("POST", _AT + "/services/{service}:testIamPermissions", iam.test),
    Route("GET", _AT + "/operations/{operation}", operations.get),
    Route("POST", _AT + "/operations/{operation}:wait", wait_operation),
)
