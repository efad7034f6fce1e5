"""Which APIs a project has enabled."""

from __future__ import annotations

from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated


def enabled_apis(clients: Clients, project: str) -> frozenset[str]:
    """services.list of Service Usage: every page; names such as `run.googleapis.com`."""
    services = clients.service_usage.services()
    call = services.list(parent=f"projects/{project}", filter="state:ENABLED", pageSize=200)
    found: list[str] = []
    permission = "serviceusage.services.list"
    with translated("list the enabled APIs", instance="", permission=permission):
        while call is not None:
            page = read(call.execute)
            found += [short(each["name"]) for each in page.get("services", ())]
            call = services.list_next(call, page)
    return frozenset(found)
