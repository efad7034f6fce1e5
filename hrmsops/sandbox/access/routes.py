"""The methods of these APIs that are served."""

from __future__ import annotations

import re

from hrmsops.sandbox.access import handlers
from hrmsops.sandbox.access.cloud import Access
from hrmsops.sandbox.api import Route

_PROJECT = r"/v1/projects/[^/]+"
_MEANT = re.compile(
    r"/v3/projects/[^/:]+:testIamPermissions"
    rf"|{_PROJECT}/services(?:/[^/]+)?"
    rf"|{_PROJECT}/serviceAccounts/[^/]+"
    rf"|{_PROJECT}/locations/[^/]+/repositories/.+"
    r"|/oauth2/v2/tokeninfo"
)


def is_meant(path: str) -> bool:
    """Whether a path is one of these APIs'."""
    return _MEANT.fullmatch(path) is not None


_V1 = "/v1/projects/{project}"
_IMAGES = _V1 + "/locations/{location}/repositories/{repository}/dockerImages"

ROUTES: tuple[Route[Access], ...] = (
    Route("POST", "/v3/projects/{project}:testIamPermissions", handlers.test_project),
    Route("POST", _V1 + "/serviceAccounts/{account}:testIamPermissions", handlers.test_account),
    Route("GET", _V1 + "/services", handlers.list_services),
    Route("GET", _V1 + "/services/{api}", handlers.get_service),
    Route("GET", _IMAGES + "/{image}@sha256:{digest}", handlers.get_image),
    Route("GET", _IMAGES + "/{folder}/{image}@sha256:{digest}", handlers.get_image),
    Route("POST", "/oauth2/v2/tokeninfo", handlers.token_info),
)
