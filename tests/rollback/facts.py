"""Facts about a service, made by hand: what a decision would have been told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hrmsops import config
from hrmsops.config import Environment
from hrmsops.gcp.resources import Revision, Service
from hrmsops.gcp.sql_resources import Instance
from hrmsops.gcp.traffic import LATEST, Target, Traffic
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import History

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SERVICE = "projects/nhia-hrms/locations/us-central1/services/api"
DATABASE = "nhia-hrms:us-central1:pg-0001"


def revision(number: int, *, trouble: str = "", instance: str = DATABASE) -> Revision:
    return Revision(
        name=f"api-{number:05}",
        image=f"hrms/api@sha256:{number}",
        created_at=NOON + timedelta(hours=number),
        creator="deploy@nhia.example",
        instance=instance,
        trouble=trouble,
        is_deleting=False,
    )


def facts(
    *revisions: Revision,
    traffic: Traffic | None = None,
    serving: Traffic | None = None,
    history: History | None = None,
) -> ServiceFacts:
    """A service whose newest revision serves everything, unless it is said otherwise."""
    newest = max(revisions, key=lambda each: each.created_at)
    asked = traffic or Traffic(shares=((LATEST, 100),))
    return ServiceFacts(
        observed_at=NOON + timedelta(days=1),
        service=Service(
            name=SERVICE,
            uri="https://api.run.app",
            etag="e1",
            generation=3,
            traffic=asked,
            statuses=serving or asked.resolved(newest.name),
            tag_urls={},
            latest_ready=newest.name,
            latest_created=newest.name,
            instance=DATABASE,
            last_modifier="deploy@nhia.example",
            updated_at=NOON,
            is_reconciling=False,
            failure="",
        ),
        revisions=tuple(sorted(revisions, key=lambda each: each.created_at, reverse=True)),
        history=history or History(),
    )


def shares(**percents: int) -> Traffic:
    return Traffic.of(
        Target(revision=name.replace("_", "-"), percent=percent)
        for name, percent in percents.items()
    )


def environment(folder: Path) -> Environment:
    file = folder / "hrmsops.toml"
    file.write_text(
        """
[environments.production]
kind = "production"
project = "nhia-hrms"
region = "us-central1"
service = "api"
[environments.production.health]
paths = ["/readyz"]
"""
    )
    return config.load(file).environment("production")


def instance(**changes: object) -> Instance:
    """A running instance of PostgreSQL 15 with backups and logs."""
    known: dict[str, object] = {
        "name": "pg-0001",
        "state": "RUNNABLE",
        "activation_policy": "ALWAYS",
        "connection_name": DATABASE,
        "database_version": "POSTGRES_15",
        "addresses": (("PRIMARY", "127.0.0.1"),),
        "settings_version": 1,
        "settings": {},
        "has_backups": True,
        "has_pitr": True,
        "has_deletion_protection": True,
        "keeps_backups_on_delete": True,
        "replicas": (),
        "labels": {},
    }
    return Instance(**known | changes)  # type: ignore[arg-type]
