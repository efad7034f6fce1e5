"""Whether an image is still in Artifact Registry."""

from __future__ import annotations

import re
from urllib.parse import quote

from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.sql_errors import read, translated

_REFERENCE = re.compile(
    r"(?P<location>[\w-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<image>[^@:]+)(?::[^@]+)?@(?P<digest>sha256:[0-9a-f]{64})"
)
_OLD = re.compile(r"(?P<host>(?:(?P<location>us|eu|asia)\.)?gcr\.io)/(?P<rest>.+)")
_LOCATIONS = {"": "us", "us": "us", "eu": "europe", "asia": "asia"}


def is_there(clients: Clients, image: str) -> bool | None:
    """dockerImages.get of an image by its digest; None for one of another registry."""
    name = resource_name(image)
    if not name:
        return None
    images = clients.registry.projects().locations().repositories().dockerImages()
    permission = "artifactregistry.dockerimages.get"
    try:
        with translated(f"look for image {image}", instance="", permission=permission):
            read(images.get(name=name).execute)
    except ResourceMissing:
        return False
    return True


def resource_name(image: str) -> str:
    """The image in the API's words, "" for one without a digest or of another registry.

    What was in Container Registry is in repositories that are called after its hosts.
    """
    if old := _OLD.fullmatch(image):
        project, _, rest = old["rest"].partition("/")
        location = _LOCATIONS[old["location"] or ""]
        image = f"{location}-docker.pkg.dev/{project}/{old['host']}/{rest}"
    found = _REFERENCE.fullmatch(image)
    if found is None:
        return ""
    return (
        f"projects/{found['project']}/locations/{found['location']}/repositories/"
        f"{found['repository']}/dockerImages/{quote(found['image'], safe='')}@{found['digest']}"
    )
