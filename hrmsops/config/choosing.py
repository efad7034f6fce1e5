"""Which environment is meant: named, from HRMSOPS_ENV, or the only one there is."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.config.finding import shown
from hrmsops.errors.environments import (
    EnvironmentNotNamed,
    NoEnvironment,
    ProtectedFromVariable,
    UnknownEnvironment,
)

if TYPE_CHECKING:
    from hrmsops.config.settings import Config, Environment

VARIABLE = "HRMSOPS_ENV"


def chosen(config: Config, name: str | None) -> Environment:
    """See Config.environment."""
    if not config.environments:
        raise NoEnvironment(
            file=shown(config.path) if config.path else None, searched_from=str(Path.cwd())
        )
    if name:
        return _named(config, name)
    if variable := os.environ.get(VARIABLE):
        return _from_variable(_named(config, variable))
    return _only_one(config)


def _named(config: Config, name: str) -> Environment:
    if found := config.environments.get(name):
        return found
    known = list(config.environments)
    near = get_close_matches(name, known, n=1)
    raise UnknownEnvironment(
        file=_file(config), name=name, known=known, nearest=near[0] if near else None
    )


def _from_variable(environment: Environment) -> Environment:
    if environment.protected:
        raise ProtectedFromVariable(name=environment.name)
    return environment


def _only_one(config: Config) -> Environment:
    first, *others = config.environments.values()
    if others or first.protected:
        protected = [each.name for each in config.environments.values() if each.protected]
        raise EnvironmentNotNamed(
            file=_file(config), known=list(config.environments), protected=protected
        )
    return first


def _file(config: Config) -> str:
    return shown(config.path) if config.path else "The configuration"
