"""What a sandbox holds unless it is to be empty: the HRMS in production and in staging."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hrmsops.errors.estate import DeployFailed
from hrmsops.sandbox import blueprint
from hrmsops.sandbox.blueprint import PRODUCTION, STAGING, Environment
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT, PROJECT, REGION
from hrmsops.sandbox.cloud_run.names import job_name, pool_name, service_name, short
from hrmsops.sandbox.cloud_run.targets import revision_of
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.passwords import passwords
from hrmsops.sandbox.project import check_out
from hrmsops.sandbox.releases import build
from hrmsops.sandbox.sample_config import pointed_at, sample_config
from hrmsops.sandbox.state import Json

GOOD_RELEASES = ("2024.1", "2024.2")

Say = Callable[[str], None]
"""Hears one sentence for each thing done."""


def deploy(client: Client, say: Say) -> None:
    """Both environments with two good revisions each and generated records, and `hrmsops.toml`.

    Raises DeployFailed.
    """
    estate = Estate(client, environments=(PRODUCTION, STAGING), say=say)
    estate.prepare(releases=GOOD_RELEASES)
    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(_deploy_one, estate, each) for each in estate.environments]:
            done.result()
    estate.let_work(PRODUCTION, GOOD_RELEASES[-1])


def renew_config(client: Client) -> None:
    """After the sandbox came up again: the config leads to where it answers now."""
    file = client.home.config
    if file.exists():
        config = file.read_text(encoding="utf-8")
        file.write_text(pointed_at(config, client.endpoint), encoding="utf-8")


def _deploy_one(estate: Estate, environment: Environment) -> None:
    first, *later = GOOD_RELEASES
    estate.migrate(environment, first)
    with ThreadPoolExecutor() as threads:
        filled = threads.submit(estate.generate, environment, first)
        estate.serve(environment, first)
        filled.result()
        # The one from an instance's birth holds nothing that a recovery could be rehearsed with.
        backed_up = threads.submit(estate.back_up, environment)
        for release in later:
            estate.release(environment, release)
        backed_up.result()


class Estate:
    """The HRMS's environments in one sandbox, deployed over the same APIs as anything else.

    A release is known there by its key in RELEASES, unless it is `called` otherwise.
    """

    def __init__(
        self,
        client: Client,
        *,
        environments: Iterable[Environment],
        say: Say,
        called: Mapping[str, str] | None = None,
    ) -> None:
        self.home, self.say = client.home, say
        self._called = called or {}
        self.client = Client.of(self.home, account=blueprint.DEPLOYER)
        self.environments = tuple(environments)
        self._is_private = bool(self.client.status()["private_ip"])
        self._passwords = passwords(
            self.home,
            [each.instance for each in self.environments],
            ["postgres", blueprint.OWNER, blueprint.OPERATIONS],
        )

    def prepare(self, *, releases: Iterable[str]) -> None:
        """Instances, images of the releases, and the config; all at the same time."""
        with ThreadPoolExecutor() as threads:
            under_way: list[Future[Any]] = [
                *(threads.submit(self._create_instance, each) for each in self.environments),
                *(threads.submit(self._create_queue, each) for each in self.environments),
                *(threads.submit(self.add_image, release) for release in releases),
            ]
            self._write_config(at_work=())
            for done in under_way:
                done.result()

    def release(self, environment: Environment, release: str) -> str:
        """Migrate with the release's code, then make a revision of it; the revision's name."""
        self.migrate(environment, release)
        return self.serve(environment, release)

    def migrate(self, environment: Environment, release: str) -> None:
        """Run the release's migrations as a job."""
        self._run_job(environment, "migrate", release, blueprint.MIGRATE)
        self.say(f"{environment.name}: migrations of {self.name_of(release)} applied")

    def generate(self, environment: Environment, release: str) -> None:
        """Fill an empty database with generated records as a job."""
        self._run_job(environment, "generate", release, blueprint.GENERATE)
        self.say(f"{environment.name}: records generated")

    def back_up(self, environment: Environment) -> None:
        """Take the scheduled backup now."""
        ended = self.client.back_up(environment.instance)
        if "error" in ended:
            reason = ended["error"]["errors"][0]["message"]
            raise DeployFailed(subject=environment.instance, reason=reason)
        self.say(f"{environment.name}: backed up")

    def serve(self, environment: Environment, release: str) -> str:
        """Make a revision of the release; what part of the traffic it gets is the service's say."""
        document = blueprint.service(
            environment,
            self.name_of(release),
            password=self._password(environment),
            is_in_network=self._is_private,
        )
        service = self._patch(service_name(environment.service), document)
        revision = short(service["latestReadyRevision"])
        self.say(f"{environment.name}: {self.name_of(release)} serves as {revision}")
        return revision

    def let_work(self, environment: Environment, release: str) -> None:
        """A worker pool and a scheduler, and the config that names them."""
        password = self._password(environment)
        document = blueprint.worker_pool(environment, self.name_of(release), password=password)
        self._patch(pool_name(environment.worker_pool), document)
        self.client.call("POST", f"/v1/{PARENT}/jobs", blueprint.scheduler(environment))
        self._write_config(at_work=(environment.name,))
        self.say(f"{environment.name}: a worker and a scheduler work by themselves")

    def service(self, environment: Environment) -> Json:
        """The service as Cloud Run shows it."""
        return self.client.service(environment.service)

    def url(self, environment: Environment) -> str:
        """Where the service answers on this machine."""
        return str(self.service(environment)["uri"])

    def serving(self, environment: Environment) -> str:
        """The revision that gets the most of the traffic."""
        service = self.service(environment)
        most = max(service["trafficStatuses"], key=lambda each: int(each.get("percent", 0)))
        return revision_of(most, service)

    def retain_backups(self, environment: Environment) -> None:
        """Let the automated backups of the environment's first instance outlive it."""
        path = f"instances/{environment.instance}"
        settings = self.client.sql("GET", path)["settings"]
        change = {
            "retainBackupsOnDelete": True,
            "settingsVersion": settings["settingsVersion"],
        }
        changed = self.client.sql_finished(self.client.sql("PATCH", path, {"settings": change}))
        if "error" in changed:
            reason = changed["error"]["errors"][0]["message"]
            raise DeployFailed(subject=environment.instance, reason=reason)

    def is_held(self, environment: Environment) -> bool:
        """Whether payroll's queue is paused."""
        queue = f"projects/{PROJECT}/locations/{REGION}/queues/{environment.queue}"
        return bool(self.client.call("GET", f"/v2/{queue}")["state"] == "PAUSED")

    def add_task(self, environment: Environment, path: str) -> None:
        """Let Cloud Tasks call the service as soon as payroll's queue is not on hold."""
        queue = f"projects/{PROJECT}/locations/{REGION}/queues/{environment.queue}"
        target = {"url": f"https://{environment.host}{path}", "httpMethod": "POST"}
        self.client.call("POST", f"/v2/{queue}/tasks", {"task": {"httpRequest": target}})

    def instance(self, environment: Environment) -> str:
        """The instance that the service's template binds: after a cutover, the new one."""
        volumes = self.service(environment)["template"]["volumes"]
        (connection,) = volumes[0]["cloudSqlInstance"]["instances"]
        return str(connection).rpartition(":")[2]

    def dsn(self, environment: Environment, *, instance: str = "") -> str:
        """How to log in as the role for operations, in libpq's words.

        To the instance that serves, unless another is named. A clone and a restored backup have the
        roles, and so the passwords, of the first.
        """
        port = self._instances()[instance or self.instance(environment)]
        password = self._passwords[f"{environment.instance}/{blueprint.OPERATIONS}"]
        return (
            f"host=127.0.0.1 port={port} dbname={blueprint.DATABASE}"
            f" user={blueprint.OPERATIONS} password={password}"
        )

    def count(self, environment: Environment, table: str) -> int:
        """How many rows a table has in the instance that serves."""
        import psycopg
        from psycopg import sql

        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        with psycopg.connect(self.dsn(environment), connect_timeout=5) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def passwords(self, environment: Environment) -> dict[str, str]:
        """What opens the environment's databases, by the variables that the config names."""
        names = {"HRMSOPS_PASSWORD": blueprint.OPERATIONS, "HRMSOPS_ADMIN_PASSWORD": "postgres"}
        return {
            variable: self._passwords[f"{environment.instance}/{role}"]
            for variable, role in names.items()
        }

    def add_image(self, release: str) -> str:
        """Compose the release's folder and push it; the image's digest."""
        with tempfile.TemporaryDirectory() as folder:
            name = self.name_of(release)
            image = build(release, Path(folder) / release, called=name)
            return Images(self.home).add(image, f"{blueprint.IMAGE}:{name}")

    def check_out(self, release: str, folder: Path) -> None:
        """The release's code in a new folder, which the config names."""
        check_out(self.home, release, folder, called=self.name_of(release))

    def name_of(self, release: str) -> str:
        """What the release is called here."""
        return self._called.get(release, release)

    def _write_config(self, *, at_work: Iterable[str]) -> None:
        text = sample_config(self.environments, endpoint=self.client.endpoint, at_work=at_work)
        self.home.config.write_text(text, encoding="utf-8")

    def _create_instance(self, environment: Environment) -> None:
        if environment.instance in self._instances():
            return

        def user(name: str, *member_of: str) -> Json:
            password = self._passwords[f"{environment.instance}/{name}"]
            return {"name": name, "password": password, "member_of": list(member_of)}

        self.client.call(
            "POST",
            "/_sandbox/instances",
            {
                "name": environment.instance,
                "database": blueprint.DATABASE,
                "owner": blueprint.OWNER,
                "users": [
                    user("postgres"),
                    user(blueprint.OWNER),
                    user(blueprint.OPERATIONS, blueprint.OWNER),
                ],
            },
        )
        self.say(f"{environment.name}: PostgreSQL runs")

    def _create_queue(self, environment: Environment) -> None:
        parent = f"projects/{PROJECT}/locations/{REGION}"
        queues = self.client.call("GET", f"/v2/{parent}/queues").get("queues", [])
        name = f"{parent}/queues/{environment.queue}"
        if name not in [each["name"] for each in queues]:
            self.client.call("POST", f"/v2/{parent}/queues", {"name": name})

    def _instances(self) -> dict[str, int]:
        """Name and port of each instance that there is."""
        found = self.client.call("GET", "/_sandbox/instances")["instances"]
        return {each["name"]: each["port"] for each in found}

    def _run_job(
        self, environment: Environment, verb: str, release: str, command: tuple[str, ...]
    ) -> None:
        name = job_name(f"nhia-hrms-{environment.name}-{verb}")
        password = self._password(environment)
        job = blueprint.job(environment, self.name_of(release), command, password=password)
        self._patch(name, job)
        execution = self._ended(self.client.call("POST", f"/v2/{name}:run", {}), subject=name)
        if not execution.get("succeededCount"):
            raise DeployFailed(subject=short(execution["name"]), reason="its task failed")

    def _patch(self, name: str, document: Json) -> Json:
        path = f"/v2/{name}?allowMissing=true&updateMask={','.join(document)}"
        return self._ended(self.client.call("PATCH", path, document), subject=name)

    def _ended(self, operation: Json, *, subject: str) -> Json:
        ended = self.client.finished(operation)
        if "error" in ended:
            raise DeployFailed(subject=short(subject), reason=ended["error"]["message"])
        answer: Json = ended["response"]
        return answer

    def _password(self, environment: Environment) -> str:
        return self._passwords[f"{environment.instance}/{blueprint.OWNER}"]
