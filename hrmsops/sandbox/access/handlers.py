"""Resource Manager, Service Usage, IAM, Artifact Registry and OAuth, as far as they are asked.

Unlike Google's, the account may do everything that no fault denies it, and every API is enabled
that no fault turns off.
"""

from __future__ import annotations

import re

from hrmsops.sandbox.access.cloud import Access, check_project
from hrmsops.sandbox.api import ApiError, Request, invalid, paged
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.state import Json

TOKEN_SECONDS = 3599
SCOPES = (
    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email"
)
ENABLED = (
    "artifactregistry",
    "cloudresourcemanager",
    "cloudscheduler",
    "cloudtasks",
    "iam",
    "iamcredentials",
    "monitoring",
    "run",
    "secretmanager",
    "serviceusage",
    "sqladmin",
    "storage",
)
_PERMISSION = re.compile(r"[a-z]+\.[A-Za-z]+\.[A-Za-z]+")
_IMAGE = re.compile(
    r"/v1/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/repositories/"
    r"(?P<repository>[^/]+)/dockerImages/(?P<image>.+@sha256:[0-9a-f]{64})"
)


def granted(faults: Faults, request: Request) -> Json:
    """testIamPermissions: those that were asked for and that no fault denies.

    A caller who has none gets an empty document, not an empty list.
    """
    asked = [str(each) for each in request.body.get("permissions", ())]
    for permission in asked:
        if not _PERMISSION.fullmatch(permission):
            raise invalid(f"Permission {permission} is not valid.", field_name="permissions")
    held = [each for each in asked if not faults.denies(each)]
    return {"permissions": held} if held else {}


def test_project(access: Access, request: Request) -> Json:
    """projects.testIamPermissions of Resource Manager v3."""
    check_project(request.names["project"])
    return granted(access.faults, request)


def test_account(access: Access, request: Request) -> Json:
    """serviceAccounts.testIamPermissions: whether one may act as that account."""
    if request.names["project"] not in (PROJECT, "-"):
        check_project(request.names["project"])
    return granted(access.faults, request)


def list_services(access: Access, request: Request) -> Json:
    """services.list of Service Usage: the APIs that are enabled."""
    check_project(request.names["project"])
    found = [_service(f"{name}.googleapis.com", access.faults) for name in ENABLED]
    if asked := request.query.get("filter", ""):
        found = [each for each in found if asked == f"state:{each['state']}"]
    return paged("services", found, request)


def get_service(access: Access, request: Request) -> Json:
    """services.get of Service Usage: whether one API is enabled, as gcloud asks before a deploy."""
    check_project(request.names["project"])
    api = request.names["api"]
    if api.removesuffix(".googleapis.com") not in ENABLED:
        raise ApiError(404, f"Service '{api}' not found or permission denied.")
    return _service(api, access.faults)


def _service(api: str, faults: Faults) -> Json:
    return {
        "name": f"projects/{PROJECT}/services/{api}",
        "parent": f"projects/{PROJECT}",
        "config": {"name": api},
        "state": "DISABLED" if faults.disables(api) else "ENABLED",
    }


def get_image(access: Access, request: Request) -> Json:
    """dockerImages.get: an image by its digest."""
    named = _IMAGE.fullmatch(request.path)
    if named is None:
        raise invalid("The name of a Docker image ends in its digest.", field_name="name")
    check_project(named["project"])
    repository = f"{named['location']}-docker.pkg.dev/{PROJECT}/{named['repository']}"
    uri = f"{repository}/{named['image']}"
    name = request.path.removeprefix("/v1/")
    if named["location"] != REGION or access.images.resolve(uri) is None:
        raise ApiError(404, f"Requested entity was not found: {name}")
    return {"name": name, "uri": uri, "mediaType": "application/vnd.oci.image.manifest.v1+json"}


def token_info(_access: Access, request: Request) -> Json:
    """tokeninfo of OAuth 2: whose token it is, and for how long it lasts."""
    if not request.query.get("access_token"):
        raise ApiError(400, "Either access_token, id_token, or token_handle required.")
    return {
        "issued_to": "sandbox",
        "audience": "sandbox",
        "scope": SCOPES,
        "expires_in": TOKEN_SECONDS,
        "email": request.account,
        "verified_email": True,
    }
