"""What an environment of the sandbox is made of, in the words of Cloud Run's Admin API v2."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.sandbox.cloud_run import names
from hrmsops.sandbox.cloud_run.cloud import PARENT, PROJECT, REGION
from hrmsops.sandbox.state import Json

IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/hrms/api"
DEPLOYER = "deploy@nhia.example"
NETWORK: Json = {
    "networkInterfaces": [{"network": "default", "subnetwork": "default"}],
    "egress": "PRIVATE_RANGES_ONLY",
}
DATABASE, OWNER, OPERATIONS = "hrms", "hrms_app", "hrms_ops"
MIGRATE = ("python", "manage.py", "migrate", "--noinput")
GENERATE = ("python", "manage.py", "generate")
WORK = ("python", "manage.py", "work")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment of the HRMS: a service, its database, and the config's name for both."""

    name: str
    kind: str
    is_protected: bool
    bank_url: str = ""
    """The bank that its payroll pays through; without one, payments stay due."""

    @property
    def service(self) -> str:
        return f"nhia-hrms-{self.name}-api"

    @property
    def instance(self) -> str:
        return f"nhia-hrms-{self.name}-pg-0001"

    @property
    def queue(self) -> str:
        """The queue of Cloud Tasks through which payroll is told to pay."""
        return f"nhia-hrms-{self.name}-payroll"

    @property
    def scheduler(self) -> str:
        """The scheduler by which the service pays each night."""
        return f"nhia-hrms-{self.name}-payroll-nightly"

    @property
    def worker_pool(self) -> str:
        """The workers that pay by themselves."""
        return f"nhia-hrms-{self.name}-payments"

    @property
    def connection(self) -> str:
        """Cloud SQL's connection name of the instance."""
        return f"{PROJECT}:{REGION}:{self.instance}"

    @property
    def host(self) -> str:
        """The service's host name as the application sees it."""
        return names.host(self.service)


PRODUCTION = Environment(name="production", kind="production", is_protected=True)
STAGING = Environment(name="staging", kind="staging", is_protected=False)


def service(
    environment: Environment, release: str, *, password: str, is_in_network: bool = False
) -> Json:
    """The service that runs `release`, all of its traffic on the latest revision.

    `is_in_network`: it reaches private addresses.
    """
    container = {
        **_container(environment, release, password=password),
        "startupProbe": {
            "httpGet": {
                "path": "/healthz",
                "httpHeaders": [{"name": "Host", "value": environment.host}],
            },
            "periodSeconds": 1,
            "failureThreshold": 60,
        },
    }
    return {
        "labels": {"release": _label(release)},
        "ingress": "INGRESS_TRAFFIC_ALL",
        "template": {
            "containers": [container],
            "volumes": _volumes(environment),
            **({"vpcAccess": NETWORK} if is_in_network else {}),
        },
    }


def job(environment: Environment, release: str, command: tuple[str, ...], *, password: str) -> Json:
    """A job that runs one of `release`'s commands once: a migration is never tried again."""
    container = {
        **_container(environment, release, password=password),
        "command": list(command[:1]),
        "args": list(command[1:]),
    }
    task = {
        "containers": [container],
        "volumes": _volumes(environment),
        "maxRetries": 0,
        "timeout": "600s",
    }
    return {"template": {"taskCount": 1, "template": task}}


def worker_pool(environment: Environment, release: str, *, password: str) -> Json:
    """One worker that makes payments by itself."""
    container = {
        **_container(environment, release, password=password),
        "command": list(WORK[:1]),
        "args": list(WORK[1:]),
    }
    return {
        "template": {"containers": [container], "volumes": _volumes(environment)},
        "scaling": {"manualInstanceCount": 1},
    }


def scheduler(environment: Environment) -> Json:
    """Each night the service is asked to pay what is due."""
    return {
        "name": f"{PARENT}/jobs/{environment.scheduler}",
        "schedule": "0 2 * * *",
        "timeZone": "Africa/Accra",
        "httpTarget": {
            "uri": f"https://{environment.host}/tasks/pay-due",
            "httpMethod": "POST",
        },
    }


def _container(environment: Environment, release: str, *, password: str) -> Json:
    variables = {
        "ALLOWED_HOSTS": environment.host,
        "DB_HOST": f"/cloudsql/{environment.connection}",
        "DB_NAME": DATABASE,
        "DB_USER": OWNER,
        "DB_PASSWORD": password,
        "HRMS_RELEASE": release,
        "BANK_URL": environment.bank_url,
    }
    return {
        "image": f"{IMAGE}:{release}",
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "volumeMounts": [{"name": "cloudsql", "mountPath": "/cloudsql"}],
    }


def _volumes(environment: Environment) -> list[Json]:
    return [{"name": "cloudsql", "cloudSqlInstance": {"instances": [environment.connection]}}]


def _label(release: str) -> str:
    # Google's labels take no dots.
    return release.replace(".", "-")
