"""All that a call asks of its caller: its own permission, and what it asks for by what it holds."""

from __future__ import annotations

from collections.abc import Mapping

from hrmsops.sandbox.access.needed import needed
from hrmsops.sandbox.state import Json

ACT_AS = "iam.serviceAccounts.actAs"
RUNS_AS_AN_ACCOUNT = frozenset(
    f"run.{kind}.{verb}"
    for kind in ("services", "jobs", "workerpools")
    for verb in ("create", "update")
)
"""What they write runs as an account, which whoever writes it must be allowed to be."""


def asked(method: str, path: str, query: Mapping[str, str], body: Json) -> tuple[str, ...]:
    """The permissions that a call asks for, its own first; none where it asks for none.

    Unlike Google's: whether an object is written over is told by the precondition alone.
    """
    match needed(method, path):
        case "":
            return ()
        case "run.jobs.run" if body.get("overrides"):
            return ("run.jobs.runWithOverrides",)
        case permission if permission in RUNS_AS_AN_ACCOUNT:
            return permission, ACT_AS
        case "cloudsql.instances.restoreBackup" as permission:
            makes_one = ("cloudsql.instances.create",) if "backup" in body else ()
            return permission, "cloudsql.backupRuns.get", *makes_one
        case "storage.objects.create" if query.get("ifGenerationMatch", "0") != "0":
            return "storage.objects.create", "storage.objects.delete"
        case permission:
            return (permission,)
