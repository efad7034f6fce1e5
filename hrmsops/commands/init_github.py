"""`init --github`: the workflows of the HRMS's repository, from what hrmsops.toml says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hrmsops.commands.init_file import django_of
from hrmsops.commands.init_repository import Asked
from hrmsops.config import Config, Environment
from hrmsops.config.finding import FILE_NAME
from hrmsops.errors.scaffold import GithubNotConfigured, OutsideRepository
from hrmsops.scaffold.workflows import Repository, variables_of, workflows

ORIGIN_HEAD = re.compile(r"ref: refs/remotes/origin/(\S+)")


def asked_for(loaded: Config, root: Path) -> Asked:
    """The workflows for the repository at `root`.

    Raises GithubNotConfigured or OutsideRepository.
    """
    chosen = _chosen(loaded)
    project = _project(loaded, root)
    made = Repository(
        environments=chosen,
        config=_below(root, loaded.path or root / FILE_NAME),
        branch=_branch(root),
        project=project,
        context=_context(root, project),
    )
    return Asked(
        root=root,
        wanted=tuple(workflows(made)),
        notes=tuple(_notes(loaded, chosen)),
        next_command="git add .github/workflows",
    )


def _chosen(loaded: Config) -> tuple[Environment, ...]:
    """Those that say how GitHub logs in to them."""
    found = tuple(each for each in loaded.environments.values() if each.github)
    if not found:
        names = [each.name for each in loaded.environments.values() if each.kind != "sandbox"]
        file = str(loaded.path) if loaded.path else None
        raise GithubNotConfigured(file=file, environment=names[0] if names else "production")
    return found


def _project(loaded: Config, root: Path) -> PurePosixPath:
    """The folder with manage.py: as configured, else as it is found, else all of it."""
    if loaded.django:
        return _below(root, loaded.folder / loaded.django.root)
    found = django_of(root)
    return PurePosixPath(found["root"] if found else ".")


def _context(root: Path, project: PurePosixPath) -> PurePosixPath:
    """The folder with the Dockerfile: the repository's own, or the project's."""
    for folder in (PurePosixPath(), project):
        if (root / folder / "Dockerfile").is_file():
            return folder
    return PurePosixPath()


def _below(root: Path, path: Path) -> PurePosixPath:
    try:
        return PurePosixPath(path.resolve().relative_to(root))
    except ValueError as error:
        raise OutsideRepository(path=str(path), root=str(root)) from error


def _branch(root: Path) -> str:
    """The default branch, as the last clone saw it."""
    head = root / ".git/refs/remotes/origin/HEAD"
    found = ORIGIN_HEAD.match(head.read_text(encoding="utf-8")) if head.is_file() else None
    return found[1] if found else "main"


def _notes(loaded: Config, chosen: tuple[Environment, ...]) -> Iterator[str]:
    for each in loaded.environments.values():
        if each.github is None:
            yield f"{each.name} was left out: there is no [environments.{each.name}.github]."
    for each in chosen:
        if each.store == "local":
            yield (
                f"The record of {each.name} is local, and lost with each runner: nothing can be "
                f'resumed. Set store = "gs://BUCKET/PREFIX" in [environments.{each.name}].'
            )
    names = " and ".join(f"{each.name}, {each.name}-unattended" for each in chosen)
    yield (
        f"GitHub needs the environments {names}; the first of two asks its reviewers. One that "
        "is missing GitHub makes by itself, without any: make them before the first run."
    )
    if secrets := ", ".join(variables_of(chosen)):
        yield f"Each of them needs the secrets {secrets}; password_secret or iam does without."
