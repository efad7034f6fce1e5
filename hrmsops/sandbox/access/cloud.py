"""What every handler of these APIs is given: the registry, the faults, the clock."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.sandbox.api import ApiError
from hrmsops.sandbox.cloud_run.cloud import PROJECT
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.images import Images


@dataclass(frozen=True, kw_only=True)
class Access:
    """One project, as those APIs see it that say who may do what in it."""

    images: Images
    faults: Faults


def check_project(project: str) -> None:
    """Raise what Google says of a project that is another's, or none."""
    if project != PROJECT:
        raise ApiError(403, "The caller does not have permission")
