"""The workflows of the HRMS's repository, made from templates and what its configuration says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from hrmsops import __version__
from hrmsops.config.finding import FILE_NAME, PYPROJECT
from hrmsops.scaffold.actions import ACTIONS
from hrmsops.scaffold.files import Wanted

if TYPE_CHECKING:
    from jinja2 import Environment as Templates

    from hrmsops.config import Database, Environment

WORKFLOWS = ("rollback.yml", "deploy.yml", "maintain.yml")
FOLDER = PurePosixPath(".github/workflows")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What the workflows say of the repository they lie in; paths are relative to it."""

    environments: tuple[Environment, ...]
    config: PurePosixPath
    branch: str
    project: PurePosixPath
    """Where the Django project is."""
    context: PurePosixPath
    """What the image is built from."""


def workflows(repository: Repository) -> Iterator[Wanted]:
    """Each workflow as it is to be."""
    templates = _templates()
    facts = _facts(repository)
    for name in WORKFLOWS:
        text = templates.get_template(f"{name}.j2").render(facts)
        yield Wanted(path=FOLDER / name, text=text)


def _facts(repository: Repository) -> dict[str, Any]:
    """What stands in the templates. Nothing of it is put into a script but the two paths."""
    environments = repository.environments
    return {
        "version": __version__,
        "actions": ACTIONS,
        "environments": environments,
        "first": _first(environments).name,
        "variables": variables_of(environments),
        "branch": repository.branch,
        "config": repository.config,
        "config_word": _config_word(repository.config),
        "project": str(repository.project),
        "context": str(repository.context),
    }


def _config_word(config: PurePosixPath) -> str:
    """Nothing where it is found by itself, as in the repository's own folder."""
    is_found = config.parent == PurePosixPath() and config.name in (FILE_NAME, PYPROJECT)
    return "" if is_found else f" --config={shlex.quote(str(config))}"


def _first(environments: Iterable[Environment]) -> Environment:
    """Where a push goes: the first that is not protected, else the first."""
    found = tuple(environments)
    return next((each for each in found if not each.protected), found[0])


def variables_of(environments: Iterable[Environment]) -> tuple[str, ...]:
    """Variables with passwords that neither IAM nor Secret Manager has: secrets of GitHub."""
    found = (each.database for each in environments)
    return tuple(dict.fromkeys(name for each in found if each for name in _variables(each)))


def _variables(database: Database) -> Iterator[str]:
    if database.password_env and not (database.iam or database.password_secret):
        yield database.password_env
    if database.admin_password_env and not (database.admin_iam or database.admin_password_secret):
        yield database.admin_password_env
    for role, variable in database.app_password_envs.items():
        if role not in database.app_password_secrets:
            yield variable


def _templates() -> Templates:
    """GitHub's own expressions are in double braces, so ours are not."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(  # noqa: S701 - What is written is YAML, and each value is quoted.
        loader=PackageLoader("hrmsops.scaffold"),
        undefined=StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<{",
        variable_end_string="}>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["quoted"] = json.dumps
    templates.filters["word"] = shlex.quote
    return templates
