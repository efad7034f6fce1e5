"""What a sandbox holds unless it is to be empty: the HRMS in production and in staging."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hrmsops.errors.estate import DeployFailed
from hrmsops.sandbox import blueprint
from hrmsops.sandbox.blueprint import PRODUCTION, STAGING, Environment
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.names import job_name, service_name, short
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.passwords import passwords
from hrmsops.sandbox.releases import build
from hrmsops.sandbox.sample_config import sample_config
from hrmsops.sandbox.state import Json

GOOD_RELEASES = ("2024.1", "2024.2")

Say = Callable[[str], None]
"""Hears one sentence for each thing done."""


def deploy(home: Home, client: Client, say: Say) -> None:
    """Both environments with two good revisions each and generated records, and `hrmsops.toml`."""
    estate = Estate(home, client, environments=(PRODUCTION, STAGING), say=say)
    estate.prepare(releases=GOOD_RELEASES)
    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(_deploy_one, estate, each) for each in estate.environments]:
            done.result()


def _deploy_one(estate: Estate, environment: Environment) -> None:
    first, *later = GOOD_RELEASES
    estate.migrate(environment, first)
    with ThreadPoolExecutor() as threads:
        filled = threads.submit(estate.generate, environment, first)
        estate.serve(environment, first)
        filled.result()
    for release in later:
        estate.release(environment, release)


class Estate:
    """The HRMS's environments in one sandbox, deployed over the same APIs as anything else."""

    def __init__(
        self, home: Home, client: Client, *, environments: Iterable[Environment], say: Say
    ) -> None:
        self.home, self.client, self.say = home, client, say
        self.environments = tuple(environments)
        self._passwords = passwords(
            home,
            [each.instance for each in self.environments],
            ["postgres", blueprint.OWNER, blueprint.OPERATIONS],
        )

    def prepare(self, *, releases: Iterable[str]) -> None:
        """Instances, images of the releases, and the config; all at the same time."""
        with ThreadPoolExecutor() as threads:
            under_way = [
                *(threads.submit(self._create_instance, each) for each in self.environments),
                *(threads.submit(self.add_image, release) for release in releases),
            ]
            self.home.config.write_text(
                sample_config(self.environments, endpoint=self.client.endpoint), encoding="utf-8"
            )
            for done in under_way:
                done.result()

    def release(self, environment: Environment, release: str) -> str:
        """Migrate with the release's code, then make it the latest revision; the revision's name."""
        self.migrate(environment, release)
        return self.serve(environment, release)

    def migrate(self, environment: Environment, release: str) -> None:
        """Run the release's migrations as a job."""
        self._run_job(environment, "migrate", release, blueprint.MIGRATE)
        self.say(f"{environment.name}: migrations of {release} applied")

    def generate(self, environment: Environment, release: str) -> None:
        """Fill an empty database with generated records as a job."""
        self._run_job(environment, "generate", release, blueprint.GENERATE)
        self.say(f"{environment.name}: records generated")

    def serve(self, environment: Environment, release: str) -> str:
        """Make a revision of the release; what part of the traffic it gets is the service's say."""
        document = blueprint.service(environment, release, password=self._password(environment))
        service = self._patch(service_name(environment.service), document)
        revision = short(service["latestReadyRevision"])
        self.say(f"{environment.name}: {release} serves as {revision}")
        return revision

    def service(self, environment: Environment) -> Json:
        """The service as Cloud Run shows it."""
        return self.client.call("GET", f"/v2/{service_name(environment.service)}")

    def url(self, environment: Environment) -> str:
        """Where the service answers on this machine."""
        return str(self.service(environment)["uri"])

    def dsn(self, environment: Environment) -> str:
        """How to log in to the database as the role for operations, in libpq's words."""
        port = Instances(self.home).port(environment.instance)
        password = self._passwords[f"{environment.instance}/{blueprint.OPERATIONS}"]
        return (
            f"host=127.0.0.1 port={port} dbname={blueprint.DATABASE}"
            f" user={blueprint.OPERATIONS} password={password}"
        )

    def add_image(self, release: str) -> str:
        """Compose the release's folder and push it; the image's digest."""
        with tempfile.TemporaryDirectory() as folder:
            image = build(release, Path(folder) / release)
            return Images(self.home).add(image, f"{blueprint.IMAGE}:{release}")

    def _create_instance(self, environment: Environment) -> None:
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

    def _run_job(
        self, environment: Environment, verb: str, release: str, command: tuple[str, ...]
    ) -> None:
        name = job_name(f"nhia-hrms-{environment.name}-{verb}")
        password = self._password(environment)
        self._patch(name, blueprint.job(environment, release, command, password=password))
        execution = self._wait(self.client.call("POST", f"/v2/{name}:run", {}), subject=name)
        if not execution.get("succeededCount"):
            raise DeployFailed(subject=short(execution["name"]), reason="its task failed")

    def _patch(self, name: str, document: Json) -> Json:
        path = f"/v2/{name}?allowMissing=true&updateMask={','.join(document)}"
        return self._wait(self.client.call("PATCH", path, document), subject=name)

    def _wait(self, operation: Json, *, subject: str) -> Json:
        while not operation.get("done"):
            path = f"/v2/{operation['name']}:wait"
            operation = self.client.call("POST", path, {"timeout": "60s"})
        if "error" in operation:
            raise DeployFailed(subject=short(subject), reason=operation["error"]["message"])
        return dict(operation["response"])

    def _password(self, environment: Environment) -> str:
        return self._passwords[f"{environment.instance}/{blueprint.OWNER}"]
