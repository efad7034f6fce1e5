"""All that advice may look at, each part seen or the reason why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from hrmsops.gcp.samples import Requests
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.moments import Applied
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.held import Hold

T = TypeVar("T")


class Seen(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a look brought, or why it brought nothing: `code` is the error's, "" for a deadline."""

    value: T | None
    why: str = ""
    code: str = ""


class SchemaFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the database itself says: its migrations, and whether the operator's checks are true.

    `leaves_by_image` has the newest migrations that each image's code contains, by digest, as far
    as the ledger knows.
    """

    applied: tuple[Applied, ...]
    checks: Mapping[str, bool]
    leaves_by_image: Mapping[str, tuple[str, ...]]


class ServingHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the service is as users see it: "healthy", "unhealthy" or "unprobed"."""

    verdict: str
    findings: tuple[str, ...]


class HoldSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What our record holds, and what works by itself; None with `record_unknown`: not readable."""

    hold: Hold | None
    facts: HoldFacts
    record_unknown: str = ""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything; `seconds` is what it took."""

    at: datetime
    seconds: float
    service: Seen[ServiceFacts]
    requests: Seen[Requests]
    """Those of the last half hour, as Cloud Monitoring has counted them."""
    health: Seen[ServingHealth]
    database: Seen[DatabaseFacts]
    backups: Seen[BackupFacts]
    schema: Seen[SchemaFacts]
    hold: Seen[HoldSeen]
    holder: str
    """Who holds the environment, "" for nobody."""
    unfinished: tuple[str, ...]
    """Runs that were begun and not ended."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator says; None where nothing was said."""

    is_damaged: bool | None = None
    since: datetime | None = None
    """When the harm began."""
