"""Secret Manager in hrmsops's words. One method, one API call; what it gives is never recorded."""

from __future__ import annotations

import base64
import re
from typing import Any

from hrmsops.gcp.clients import Clients
from hrmsops.gcp.sql_errors import read, translated

_NAME = re.compile(r"projects/[^/]+/secrets/(?P<name>[^/]+)/")


class SecretManager:
    """The Secret Manager API v1, for secrets as settings name them."""

    def __init__(self, clients: Clients, *, project: str) -> None:
        self._clients, self._project = clients, project

    def version_of(self, said: str) -> str:
        """In full: a bare name is of the project, and without a version the latest.

        `hrms-ops`, `hrms-ops/versions/3`, `projects/P/secrets/hrms-ops` with or without a version.
        """
        name = said if said.startswith("projects/") else f"projects/{self._project}/secrets/{said}"
        return name if "/versions/" in name else f"{name}/versions/latest"

    def value(self, said: str) -> str:
        """versions.access: the secret's text, without a newline at its end.

        Raises ResourceMissing, NotAuthorised.
        """
        version = self.version_of(said)
        found = _NAME.match(version)
        doing = f"read secret {found['name'] if found else version}"
        permission = "secretmanager.versions.access"
        with translated(doing, instance="", permission=permission):
            answer = read(self._versions.access(name=version).execute)
        return base64.b64decode(answer["payload"]["data"]).decode().rstrip("\r\n")

    @property
    def _versions(self) -> Any:
        return self._clients.secrets.projects().secrets().versions()
