"""A bucket for the records of a sandbox's environments, as a team has one."""

from __future__ import annotations

import re

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PROJECT

BUCKET = f"{PROJECT}-hrmsops"
STORE = f"gs://{BUCKET}/records"


def share(client: Client) -> None:
    """Make the bucket, and have each environment of the config keep its record there."""
    try:
        client.call("GET", f"/storage/v1/b/{BUCKET}")
    except SandboxRefused:
        client.call("POST", f"/storage/v1/b?project={PROJECT}", {"name": BUCKET})
    file = client.home.config
    if file.exists():
        file.write_text(shared(file.read_text(encoding="utf-8")), encoding="utf-8")


def shared(config: str) -> str:
    """The text of a config with that store for every environment that names none."""
    sections = re.split(r"(?m)^(?=\[)", config)
    return "".join(map(_shared_section, sections))


def _shared_section(text: str) -> str:
    if re.search(r"(?m)^store = ", text):
        return text
    return re.sub(r'(?m)^(endpoint = ".*")$', rf'\1\nstore = "{STORE}"', text)
