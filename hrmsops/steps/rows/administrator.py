"""The password of the test administrator: where it comes from, and that it stands nowhere."""

from __future__ import annotations

import os

from hrmsops.errors.seed import AdministratorPasswordMissing
from hrmsops.seed.catalogue import ADMINISTRATOR
from hrmsops.world import World


def password_of(world: World) -> str:
    """Typed or generated for this process, else of the variable, else of Secret Manager.

    Raises AdministratorPasswordMissing, and what Secret Manager refuses.
    """
    settings = world.config.seed.administrator
    if said := world.secrets.get(ADMINISTRATOR):
        return said
    if said := os.environ.get(settings.password_env, "") if settings.password_env else "":
        return said
    if settings.password_secret:
        return world.secret_manager.value(settings.password_secret)
    raise AdministratorPasswordMissing(variable=settings.password_env or "password_env")


def is_said(world: World) -> bool:
    """Whether a password can be had without asking anyone."""
    settings = world.config.seed.administrator
    variable = settings.password_env and os.environ.get(settings.password_env)
    return bool(world.secrets.get(ADMINISTRATOR) or variable or settings.password_secret)
