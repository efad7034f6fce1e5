"""Every setting there is: its type, its default, its meaning and its rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from hrmsops.config import rules
from hrmsops.config.database_settings import Database
from hrmsops.config.duration import Duration
from hrmsops.config.github_settings import Github
from hrmsops.config.section import Section
from hrmsops.config.seed_settings import Seed
from hrmsops.config.setting import setting
from hrmsops.config.table_sizes import LARGE_TABLE_ROWS, TABLE_SIZE_REFERENCE

ServiceName = Annotated[str, setting("a name.", sample="nhia-hrms-batch", rule=rules.service)]
HealthPath = Annotated[str, setting("a path.", sample="/healthz", rule=rules.path)]
Query = Annotated[str, setting("one query.", sample="select true", rule=rules.statement)]
Webhook = Annotated[
    str, setting("a URL.", sample="https://chat.nhia.example/hook", rule=rules.webhook)
]


class Django(Section, frozen=True, kw_only=True):
    """The HRMS project, where migrations are read and run from."""

    root: Annotated[str, setting("the folder with manage.py.", sample="backend")]
    settings: Annotated[str, setting("the settings module.", sample="hrms.settings")]
    python: Annotated[
        str, setting("the interpreter that has its requirements.", sample=".venv/bin/python")
    ] = "python3"
    database_alias: Annotated[str, setting("the database of DATABASES to work on.")] = "default"


class Health(Section, frozen=True, kw_only=True):
    """What is asked of a revision before and after it serves."""

    paths: Annotated[
        tuple[HealthPath, ...], setting("paths that answer 2xx or 3xx while all is well.")
    ] = ("/healthz", "/readyz")
    host: Annotated[
        str,
        setting(
            "sent as Host to a tag's URL, for Django's ALLOWED_HOSTS.",
            sample="hrms.nhia.example",
            rule=rules.host,
        ),
    ] = ""


class Hold(Section, frozen=True, kw_only=True):
    """What `hold` pauses beside the service."""

    schedulers: Annotated[
        tuple[str, ...], setting("Cloud Scheduler jobs.", sample=["payroll-nightly"])
    ] = ()
    queues: Annotated[tuple[str, ...], setting("Cloud Tasks queues.", sample=["mail"])] = ()
    worker_pools: Annotated[
        tuple[ServiceName, ...],
        setting("worker pools beside those that are repointed with the service."),
    ] = ()
    jobs: Annotated[
        tuple[ServiceName, ...],
        setting("Cloud Run jobs, beside those above, whose executions may be running."),
    ] = ()
    revision: Annotated[
        str,
        setting(
            "a read-only or maintenance revision that takes the traffic meanwhile.",
            sample="nhia-hrms-production-api-maintenance",
        ),
    ] = ""


class Reapply(Section, frozen=True, kw_only=True):
    """What was taken away since a moment (erasures, terminations, revoked access) and comes back
    with it: found in the old database, and taken away again in the recovered one before traffic.
    """

    find: Annotated[
        str,
        setting(
            "a query of the old database for what was taken away since :since, its key first.",
            sample="select id from employees_employee where terminated_at > :since",
            rule=rules.statement,
        ),
    ]
    apply: Annotated[
        str,
        setting(
            "the statement that takes one of them away again, with :COLUMN of find; "
            "run twice it does the same. Empty: they are listed and must be acknowledged.",
            sample="update employees_employee set is_active = false where id = :id",
        ),
    ] = ""


class Environment(Section, frozen=True, kw_only=True):
    """One place where the HRMS runs: a service, what belongs to it, and its database."""

    derived: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    kind: Annotated[
        Literal["production", "staging", "sandbox"],
        setting("production, staging or sandbox: which fixtures apply.", sample="production"),
    ]
    project: Annotated[
        str, setting("the Google Cloud project.", sample="nhia-hrms", rule=rules.project)
    ]
    region: Annotated[
        str,
        setting(
            "the region of the service and of its instance.",
            sample="us-central1",
            rule=rules.region,
        ),
    ]
    service: Annotated[
        str,
        setting("the Cloud Run service.", sample="nhia-hrms-production-api", rule=rules.service),
    ]
    protected: Annotated[
        bool,
        setting("true: chosen by --env alone, never by HRMSOPS_ENV or by being the only one."),
    ] = True
    jobs: Annotated[
        tuple[ServiceName, ...],
        setting("Cloud Run jobs that are repointed together with the service."),
    ] = ()
    worker_pools: Annotated[
        tuple[ServiceName, ...],
        setting("worker pools that are repointed together with the service."),
    ] = ()
    instance: Annotated[
        str,
        setting(
            "the Cloud SQL instance; the serving revision's own binding is the truth.",
            sample="nhia-hrms-production-pg-0001",
            rule=rules.instance,
        ),
    ] = ""
    store: Annotated[
        str,
        setting(
            "where journal and lease live: local, or gs://bucket/prefix to share them.",
            rule=rules.store,
        ),
    ] = "local"
    endpoint: Annotated[
        str,
        setting(
            "the API's address, empty for Google's own.",
            sample="http://127.0.0.1:8085",
            rule=rules.endpoint,
        ),
    ] = ""
    database: Database | None = None
    health: Health = Health()
    checks: Annotated[
        dict[str, Query],
        setting("queries by name that must be true after a recovery: reconciliation."),
    ] = {}
    irrevocable: Annotated[
        dict[str, Query],
        setting("queries by name that list what has left the building since :since."),
    ] = {}
    hold: Hold = Hold()
    github: Github | None = None
    reapply: Annotated[
        dict[str, Reapply],
        setting("what was taken away since a moment and must not come back with it."),
    ] = {}

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """The limit of 98 is Cloud SQL's (`instances.insert`: `name`), for both names together."""
        if len(f"{tables['project']}:{tables.get('instance', '')}") > 98:
            return "instance", "Project and instance have more than 98 characters together."
        return None


class Safety(Section, frozen=True, kw_only=True):
    """What makes a table large, where no database can be asked."""

    large_table_rows: Annotated[int, setting("rows from which a table counts as large.")] = (
        LARGE_TABLE_ROWS
    )
    expected_rows: Annotated[
        dict[str, int],
        setting("rows expected by table, used until the live catalogue can be read."),
    ] = msgspec.field(default_factory=lambda: dict(TABLE_SIZE_REFERENCE))


class Timeouts(Section, frozen=True, kw_only=True):
    """How long one statement of ours may take, and wait, in PostgreSQL; and the record's bucket."""

    statement: Annotated[Duration, setting("the longest a statement may run.")] = Duration(
        seconds=30
    )
    lock: Annotated[Duration, setting("the longest a statement may wait for a lock.")] = Duration(
        seconds=10
    )
    record: Annotated[
        Duration, setting("how long a bucket with the record is asked again while it is silent.")
    ] = Duration(seconds=20)


class Notify(Section, frozen=True, kw_only=True):
    """Who is told when a run begins and ends."""

    webhooks: Annotated[
        tuple[Webhook, ...], setting("addresses that get a JSON document for each run.")
    ] = ()


class Config(Section, frozen=True, kw_only=True):
    """The whole file. `path` is where it was found, None when nothing was: all defaults."""

    derived: ClassVar[frozenset[str]] = frozenset({"path"})

    path: Path | None = None
    django: Django | None = None
    environments: dict[str, Environment] = {}
    safety: Safety = Safety()
    timeouts: Timeouts = Timeouts()
    notify: Notify = Notify()
    seed: Seed = Seed()

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to: its own folder, else the current one."""
        return self.path.parent if self.path else Path.cwd()

    def environment(self, name: str | None) -> Environment:
        """The environment that was asked for; None takes HRMSOPS_ENV, then the only one there is.

        Raises NoEnvironment, UnknownEnvironment, EnvironmentNotNamed or ProtectedFromVariable. A
        protected environment is found by its name alone.
        """
        from hrmsops.config.choosing import chosen

        return chosen(self, name)
