"""Which permissions the account has, as IAM itself says. Each method is one API call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated

ASKED_MAX = 100
"""What one call of testIamPermissions takes."""


class Permissions:
    """testIamPermissions of a project, of a Cloud Run service and of a service account.

    No permission is needed to ask. What is granted under a condition on the resource's name counts
    only where that resource itself is asked.
    """

    def __init__(self, clients: Clients, *, project: str) -> None:
        self._clients, self._project = clients, project

    def on_project(self, names: Iterable[str]) -> frozenset[str]:
        """projects.testIamPermissions of Resource Manager v3."""
        projects = self._clients.resource_manager.projects()
        resource = f"projects/{self._project}"
        return _held(projects, resource, names, of=f"project {self._project}")

    def on_service(self, service: str, names: Iterable[str]) -> frozenset[str]:
        """services.testIamPermissions; `service` is named in full."""
        services = self._clients.run.projects().locations().services()
        return _held(services, service, names, of=f"service {short(service)}")

    def on_account(self, account: str, names: Iterable[str]) -> frozenset[str]:
        """serviceAccounts.testIamPermissions; `account` is an address."""
        accounts = self._clients.iam.projects().serviceAccounts()
        resource = f"projects/-/serviceAccounts/{account}"
        return _held(accounts, resource, names, of=f"account {account}")


def _held(resources: Any, resource: str, names: Iterable[str], *, of: str) -> frozenset[str]:
    asked = sorted(set(names))
    if not asked:
        return frozenset()
    assert len(asked) <= ASKED_MAX, f"{len(asked)} permissions at once"
    call = resources.testIamPermissions(resource=resource, body={"permissions": asked})
    with translated(f"ask for the permissions on {of}", instance="", permission="none is needed"):
        return frozenset(read(call.execute).get("permissions", ()))
