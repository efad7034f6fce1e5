"""Every setting there is: its type, its default, its meaning and its rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from hrmsops.config import rules
from hrmsops.config.duration import Duration
from hrmsops.config.github_settings import Github
from hrmsops.config.section import Section
from hrmsops.config.seed_settings import Seed
from hrmsops.config.setting import setting
from hrmsops.config.table_sizes import LARGE_TABLE_ROWS, TABLE_SIZE_REFERENCE

ServiceName = Annotated[str, setting("a name.", sample="nhia-hrms-batch", rule=rules.service)]
RoleName = Annotated[str, setting("a role.", sample="hrms_app", rule=rules.role)]
HealthPath = Annotated[str, setting("a path.", sample="/healthz", rule=rules.path)]
Variable = Annotated[str, setting("a variable.", sample="HRMS_APP_PASSWORD", rule=rules.variable)]
Secret = Annotated[
    str, setting("a secret.", sample="projects/nhia-hrms/secrets/app", rule=rules.secret_version)
]
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


class Database(Section, frozen=True, kw_only=True):
    """How hrmsops reaches the environment's database."""

    name: Annotated[str, setting("the database.", sample="hrms", rule=rules.role)]
    user: Annotated[str, setting("the role to log in as.", sample="hrms_ops", rule=rules.role)]
    password_env: Annotated[
        str,
        setting(
            "the variable that holds the password.",
            sample="HRMSOPS_PASSWORD",
            rule=rules.variable,
        ),
    ] = ""
    password_secret: Annotated[
        str,
        setting(
            "the secret in Secret Manager that holds it, where the variable is not set.",
            sample="projects/nhia-hrms/secrets/hrms-ops",
            rule=rules.secret_version,
        ),
    ] = ""
    iam: Annotated[
        bool,
        setting("true: user is an IAM login; an access token is its password."),
    ] = False
    admin_user: Annotated[
        str,
        setting(
            "the role that may close the app_roles at a cutover; empty is user.",
            sample="postgres",
        ),
    ] = ""
    admin_password_env: Annotated[
        str,
        setting(
            "the variable that holds the admin_user's password.",
            sample="HRMSOPS_ADMIN_PASSWORD",
            rule=rules.variable,
        ),
    ] = ""
    admin_password_secret: Annotated[
        str,
        setting(
            "the secret that holds it, where the variable is not set.",
            sample="projects/nhia-hrms/secrets/hrms-postgres",
            rule=rules.secret_version,
        ),
    ] = ""
    admin_iam: Annotated[
        bool,
        setting("true: admin_user is an IAM login."),
    ] = False
    owner_role: Annotated[
        str,
        setting("SET ROLE after connecting: what is created belongs to it.", sample="hrms_app"),
    ] = ""
    app_roles: Annotated[
        tuple[RoleName, ...],
        setting("the application's roles, fenced at a cutover.", sample=["hrms_app"]),
    ] = ()
    app_password_envs: Annotated[
        dict[str, Variable],
        setting(
            "variables by app role that hold its password, to prove the fence; "
            "needed where the revision has it from a secret."
        ),
    ] = {}
    app_password_secrets: Annotated[
        dict[str, Secret],
        setting("secrets by app role that hold its password, where no variable is set."),
    ] = {}
    via: Annotated[
        Literal["auto", "direct", "relay", "connector", "proxy"],
        setting("the way to it; auto takes a relay where there is no public address."),
    ] = "auto"
    ip_type: Annotated[
        Literal["auto", "public", "private", "psc"],
        setting("the address that connector and proxy use; auto is the first that there is."),
    ] = "auto"
    proxy_binary: Annotated[
        str,
        setting(
            "the Auth Proxy that proxy starts; empty looks on PATH.",
            sample="/usr/local/bin/cloud-sql-proxy",
        ),
    ] = ""
    relay_image: Annotated[
        str,
        setting(
            "the image with Python that a relay runs; empty takes the serving revision's.",
            sample="python:3.12-slim",
        ),
    ] = ""

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """An IAM login has no password: whoever names one as well means something else."""
        for prefix in ("", "admin_"):
            for setting_ in (f"{prefix}password_env", f"{prefix}password_secret"):
                if tables.get(f"{prefix}iam") and tables.get(setting_):
                    return setting_, f"With {prefix}iam an access token is the password."
        return None


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
