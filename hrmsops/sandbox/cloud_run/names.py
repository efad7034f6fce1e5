"""Names: of resources, of revisions to be made, and of hosts as the applications see them."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid

from hrmsops.sandbox.api import ApiError, invalid
from hrmsops.sandbox.cloud_run.cloud import PARENT, PROJECT, REGION, CloudRun
from hrmsops.sandbox.state import Json

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?")
_REVISION = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def short(name: str) -> str:
    """The last part of a resource's name."""
    return name.rpartition("/")[2]


def parent_of(name: str) -> str:
    """The resource that this one belongs to: the service of a revision, the job of an execution."""
    return name.rsplit("/", 2)[0]


def service_name(service: str) -> str:
    """The full name of a service of the sandbox's project and region."""
    return f"{PARENT}/services/{service}"


def job_name(job: str) -> str:
    """The full name of a job of the sandbox's project and region."""
    return f"{PARENT}/jobs/{job}"


def pool_name(pool: str) -> str:
    """The full name of a worker pool of the sandbox's project and region."""
    return f"{PARENT}/workerPools/{pool}"


def check_place(project: str, location: str = REGION) -> None:
    """Refuse another project or region as Google refuses one that the caller may not see."""
    if project != PROJECT:
        raise ApiError(403, f"Permission denied on resource project {project}.")
    if location not in (REGION, "-"):
        raise ApiError(403, f"Permission denied on 'locations/{location}' (or it may not exist).")


def check_new_name(name: str, field: str) -> None:
    """Services and jobs: lower-case letters, digits and hyphens, a letter first, 49 at most."""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"Invalid value for {field}: '{name}'. Only lowercase, digits, and hyphens; must begin"
            " with letter, and cannot end with hyphen; must be less than 50 characters",
            field_name=field,
        )


def check_revision_name(service: str, revision: str) -> None:
    """A name that was chosen for a revision begins with its service's."""
    if not (revision.startswith(f"{service}-") and _REVISION.fullmatch(revision)):
        raise invalid(
            f"Revision name '{revision}' must be prefixed by the service's name and a hyphen, and"
            " hold lower-case letters, digits and hyphens only, 63 at most.",
            field_name="template.revision",
        )


def next_revision(cloud: CloudRun, service: str) -> str:
    """SERVICE-00001-abc: a number that grows with each revision, and three letters."""
    counter = f"revisions of {service}"
    with cloud.state.change():
        number = cloud.state.setting(counter, 0) + 1
        cloud.state.set(counter, number)
    return f"{service}-{number:05d}-{suffix(3)}"


def suffix(length: int) -> str:
    """A letter, then letters and digits, by chance."""
    first = secrets.choice(_LETTERS[:26])
    return first + "".join(secrets.choice(_LETTERS) for _ in range(length - 1))


def host(service: str, tag: str = "") -> str:
    """The name under which Cloud Run would serve it, and which the application sees as Host."""
    number = int.from_bytes(hashlib.sha256(PROJECT.encode()).digest()[:8])
    letters = "".join(_LETTERS[number // 36**power % 36] for power in range(10))
    region = "".join(part[0] for part in REGION.split("-"))
    prefix = f"{tag}---" if tag else ""
    return f"{prefix}{service}-{letters}-{region}.a.run.app"


def stamp(cloud: CloudRun, document: Json, *, account: str) -> None:
    """Who wrote a resource, when, and the etag that this version bears; in place."""
    now = cloud.distance.timestamp()
    document.setdefault("uid", str(uuid.uuid4()))
    document.setdefault("createTime", now)
    document.setdefault("creator", account)
    document["updateTime"] = now
    document["lastModifier"] = account
    document["etag"] = etag(str(next_version(cloud)))


def next_version(cloud: CloudRun) -> int:
    """A number that grows with every write; Google's are microseconds, and so are these."""
    with cloud.state.change():
        newest = int(cloud.state.setting("version", 0))
        version = max(newest + 1, int(cloud.distance.now().timestamp() * 1_000_000))
        cloud.state.set("version", version)
    return version


def etag(version: str) -> str:
    """A version as the v2 API shows it: opaque, in quotes."""
    return f'"{base64.urlsafe_b64encode(version.encode()).decode().rstrip("=")}"'


def version_of(mark: str) -> str:
    """The version in an etag, `resourceVersion` in the v1 API; "" for any other text."""
    text = mark.strip('"')
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""


def check_etag(document: Json, given: str) -> None:
    """409 ABORTED, in Cloud Run's words, when the version that was read is not the newest."""
    if given and given != document["etag"]:
        raise ApiError(
            409,
            f"Conflict for resource '{short(document['name'])}': version"
            f" '{version_of(given) or given}' was specified but current version is"
            f" '{version_of(document['etag'])}'.",
        )
