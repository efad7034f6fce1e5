"""Google's own command line, pointed at a sandbox and at nothing else."""

from __future__ import annotations

import os
import shutil
from urllib.parse import urlsplit

from hrmsops.errors.sandbox import GcloudNotFound
from hrmsops.sandbox.cloud_run.cloud import ACCOUNT, PROJECT
from hrmsops.sandbox.home import Home


def command(words: list[str]) -> list[str]:
    """The command line that runs gcloud; raises GcloudNotFound."""
    program = shutil.which("gcloud")
    if program is None:
        raise GcloudNotFound
    return [program, *words]


def environment(home: Home, endpoint: str) -> dict[str, str]:
    """This process's variables, with gcloud's own replaced: its configuration stays untouched.

    gcloud puts the region before the host's name, which no loopback address survives: so it is
    given a name that does not exist, and the sandbox as its proxy.
    """
    folder = home.root / "gcloud"
    folder.mkdir(exist_ok=True)
    token = folder / "access-token"
    token.write_text("sandbox")
    address = urlsplit(endpoint)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CLOUDSDK_") and name.lower() not in _PROXIES
    }
    return {
        **inherited,
        "CLOUDSDK_CONFIG": str(folder),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_ACCOUNT": ACCOUNT,
        "CLOUDSDK_CORE_PROJECT": PROJECT,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://run.sandbox.test/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL": f"{endpoint}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDSCHEDULER": f"{endpoint}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDTASKS": f"{endpoint}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE": f"{endpoint}/",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": address.hostname or "",
        "CLOUDSDK_PROXY_PORT": str(address.port),
    }


_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
