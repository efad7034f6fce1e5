"""The test administrator's password, asked for where somebody can answer."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

CHARACTERS = 20
GENERATE, TYPE = "generate", "type"


def provide(world: World, plan: Plan) -> None:
    """See to it that there is a password where the plan makes a test administrator.

    Raises AdministratorPasswordMissing where it stands nowhere and nobody can be asked.
    """
    from hrmsops.console import prompts
    from hrmsops.errors.seed import AdministratorPasswordMissing
    from hrmsops.seed.catalogue import ADMINISTRATOR
    from hrmsops.steps.rows.administrator import is_said

    if not _is_made(plan) or is_said(world):
        return
    if not prompts.somebody_answers():
        variable = world.config.seed.administrator.password_env
        raise AdministratorPasswordMissing(variable=variable or "password_env")
    choices = [(GENERATE, "generate one, and show it here once"), (TYPE, "type one")]
    flag = f"the variable {world.config.seed.administrator.password_env}"
    chosen = prompts.pick("The test administrator's password:", choices, flag=flag)
    world.secrets[ADMINISTRATOR] = _generated() if chosen == GENERATE else _typed(world, flag)


def _is_made(plan: Plan) -> bool:
    from hrmsops.seed.catalogue import ADMINISTRATOR
    from hrmsops.steps.rows.seed_tables import SeedTables

    return any(
        each.table == ADMINISTRATOR and each.added
        for step in plan.steps
        if isinstance(step, SeedTables)
        for each in step.tables
    )


def _generated() -> str:
    """Shown on the terminal that was asked, before it is used, and never again."""
    from hrmsops.console import output

    letters = string.ascii_letters + string.digits
    made = "".join(secrets.choice(letters) for _ in range(CHARACTERS))
    output.point("Password:  ", made, style="bold")
    output.say("It is shown this once; keep it where passwords are kept.", style="warning")
    return made


def _typed(world: World, flag: str) -> str:
    """Typed twice, unseen, until the project's own rules take it."""
    from hrmsops.console import output, prompts
    from hrmsops.django.describing import Describer
    from hrmsops.errors.seed import AdministratorPasswordRefused

    while True:
        typed = prompts.ask_secret("Password (it is not shown):", flag=flag)
        if prompts.ask_secret("The same again:", flag=flag) != typed:
            output.say("The two differ.", style="warning")
            continue
        try:
            with Describer(world.project) as describer:
                describer.hashed(typed)
        except AdministratorPasswordRefused as error:
            output.say(error.why, style="warning")
        else:
            return typed
