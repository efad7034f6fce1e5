"""A line for gcloud, with the project and the region that whoever wrote it did not know."""

from __future__ import annotations

import shlex
from typing import NamedTuple

COMMAND = "gcloud "
OF_A_PROJECT = frozenset({"sql", "run", "secrets", "logging", "services"})
"""Groups of gcloud that act on the project of its own configuration where none is named."""
OF_A_REGION = frozenset({"run"})
INTO_FILE = " > "


class Place(NamedTuple):
    """Where an environment is."""

    project: str
    region: str


def place_of(resource: str) -> Place | None:
    """From `projects/P/locations/R/…`; None where it is no such name."""
    match resource.split("/"):
        case ["projects", project, "locations", region, *_]:
            return Place(project, region)
    return None


def located(line: str, place: Place | None) -> str:
    """`line`, so that it does what it says whatever project gcloud is set to.

    What is no line for gcloud, and what it says already, stays as it is.
    """
    if place is None or not line.startswith(COMMAND):
        return line
    command, arrow, file = line.partition(INTO_FILE)
    words = shlex.split(command)
    group = words[1] if len(words) > 1 else ""
    wanted = (
        ("--region", place.region, OF_A_REGION),
        ("--project", place.project, OF_A_PROJECT),
    )
    for flag, value, groups in wanted:
        if group in groups and not any(word.partition("=")[0] == flag for word in words):
            command += f" {flag}={value}"
    return f"{command}{arrow}{file}"
