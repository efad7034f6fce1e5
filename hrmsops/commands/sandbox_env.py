"""`hrmsops sandbox env`: the shell's lines that let hrmsops into a sandbox's databases."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from hrmsops.commands import options

Name = Annotated[str, options.environment("Whose passwords: production or staging.")]


def env(name: Name = "production", folder: options.Dir = None) -> None:
    """Print the passwords as lines for the shell: eval "$(hrmsops sandbox env)".

    They open nothing but the sandbox's own databases, which are made with them.
    """
    from hrmsops.config import load
    from hrmsops.errors.sandbox import SandboxHasNoDatabases
    from hrmsops.sandbox.blueprint import PRODUCTION, STAGING
    from hrmsops.sandbox.home import Home, default_root
    from hrmsops.sandbox.passwords import kept

    home = Home(folder.absolute() if folder else default_root())
    known = kept(home)
    if not known:
        raise SandboxHasNoDatabases(folder=home.root)
    environment = load(home.config).environment(name)
    # A recovery's clone has the roles of the instance that the sandbox came up with.
    first = {each.name: each.instance for each in (PRODUCTION, STAGING)}
    instance = first.get(environment.name, environment.instance)
    if database := environment.database:
        for variable, role in (
            (database.password_env, database.user),
            (database.admin_password_env, database.admin_user),
        ):
            if password := variable and known.get(f"{instance}/{role}"):
                typer.echo(f"export {variable}={shlex.quote(password)}")
