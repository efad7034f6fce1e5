"""The HRMS's code, as the configuration names it."""

from __future__ import annotations

from hrmsops.config import Config
from hrmsops.django.bridge import Project
from hrmsops.errors.project import DjangoNotConfigured


def project_of(config: Config) -> Project:
    """The code that the configuration names; raises DjangoNotConfigured."""
    django = config.django
    if django is None:
        raise DjangoNotConfigured(file=str(config.path) if config.path else None)
    # An interpreter that is only named is found on PATH, as a shell would.
    is_named = "/" not in django.python
    return Project(
        root=config.folder / django.root,
        python=django.python if is_named else str(config.folder / django.python),
        settings=django.settings,
        alias=django.database_alias,
    )
