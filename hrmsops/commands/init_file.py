"""What `init` writes: drafted, read back as a configuration, and only then put in its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrmsops.commands.init_answers import Answers
from hrmsops.config import loading, writing
from hrmsops.config.finding import PYPROJECT, Found, named, shown
from hrmsops.console import output, prompts
from hrmsops.console.next_command import completed
from hrmsops.errors.record import made, proposed

SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)[\"']")
FILE_NAMES = ("hrmsops.toml", PYPROJECT)
REFUSED = (
    "is protected: until store names a bucket, where others see its runs, changes are refused"
    " (hrmsops explain local-record)."
)
NOT_A_PROJECT = {"node_modules", "site-packages"}


@dataclass(frozen=True)
class Draft:
    """The text of the file to be. `is_new` False: an environment more in one that is there.

    `make_bucket` is the command for the bucket that it names, "" where it names none.
    """

    path: Path
    text: str
    name: str
    is_new: bool
    make_bucket: str
    lacks_store: bool


def draft(path: Path, answers: Answers) -> Draft:
    """The draft, checked by the reader that every command uses; raises EnvironmentExists."""
    values, instead = _values(answers), _instead(answers)
    is_new = not path.exists()
    if is_new:
        django = django_of(path.absolute().parent)
        text = writing.new_file(answers.environment, values, django=django, instead=instead)
    else:
        loading.read(named(path))
        before = path.read_text(encoding="utf-8")
        text = writing.with_environment(
            before, answers.environment, values, path=path, instead=instead
        )
    tables = tomllib.loads(text)
    ours = tables["tool"]["hrmsops"] if path.name == PYPROJECT else tables
    loading.read(Found(path.absolute(), ours))
    return Draft(
        path=path,
        text=text,
        name=answers.environment,
        is_new=is_new,
        make_bucket=_make_bucket(answers, answers.store) if answers.store else "",
        lacks_store=answers.lacks_store,
    )


def show(drafted: Draft, *, json: bool) -> None:
    """The whole text on stdout, for a look or for a redirection."""
    if json:
        output.write_json("init", {**_facts(drafted), "text": drafted.text, "is_written": False})
    else:
        output.raw(drafted.text)


def write(drafted: Draft, *, yes: bool, json: bool) -> None:
    """Put the draft in its place; a file that somebody wrote is only added to with consent."""
    if not drafted.is_new:
        prompts.consent(
            undoable=True,
            name=drafted.name,
            yes=yes,
            confirm=None,
            summary=f"Add [environments.{drafted.name}] to {shown(drafted.path)}",
        )
    writing.write(drafted.path, drafted.text, is_new=drafted.is_new)
    if json:
        output.write_json("init", {**_facts(drafted), "is_written": True})
        return
    verb = "Wrote" if drafted.is_new else f"Added {drafted.name} to"
    output.say(f"{verb} {shown(drafted.path)}.", style="good")
    if drafted.lacks_store:
        output.say(f"{drafted.name} {REFUSED}", style="warning")
    if drafted.make_bucket:
        output.next_step(drafted.make_bucket, word="First, unless it is there")
    output.next_step(_next(drafted))


def _facts(drafted: Draft) -> dict[str, Any]:
    return {
        "path": str(drafted.path),
        "environment": drafted.name,
        "is_new": drafted.is_new,
        "make_bucket": drafted.make_bucket,
        "lacks_store": drafted.lacks_store,
        "next": _next(drafted),
    }


def _next(drafted: Draft) -> str:
    """The first command to try; it names the file where the folder alone does not lead to it."""
    here = Path.cwd()
    is_found = drafted.path.name in FILE_NAMES and drafted.path.absolute().parent in (
        here,
        *here.parents,
    )
    line = f"hrmsops status --env {drafted.name}"
    return completed(line, env=None, config=None if is_found else drafted.path)


def _values(answers: Answers) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": answers.kind,
        "project": answers.project,
        "region": answers.region,
        "service": answers.service,
        "protected": answers.protected,
        "instance": answers.instance,
        "health": {},
    }
    if answers.store:
        values["store"] = answers.store
    if answers.database:
        values["database"] = {"name": answers.database, "user": answers.user}
    return values


def _instead(answers: Answers) -> dict[str, tuple[str, ...]]:
    """What stands for the store that nobody has named."""
    if not answers.lacks_store:
        return {}
    store = proposed(answers.project)
    return {
        "store": (
            f"{answers.environment} {REFUSED}",
            f"Make one: {_make_bucket(answers, store)}",
            f'store = "{store}"',
        )
    }


def _make_bucket(answers: Answers, store: str) -> str:
    return made(store, project=answers.project, region=answers.region)


def django_of(folder: Path) -> dict[str, str] | None:
    """The project whose manage.py lies here or one folder below, if it names its settings."""
    for manage in _manage_files(folder):
        if found := SETTINGS.search(manage.read_text(encoding="utf-8", errors="replace")):
            root = manage.parent.relative_to(folder)
            return {"root": str(root), "settings": found[1]}
    return None


def _manage_files(folder: Path) -> Iterator[Path]:
    for pattern in ("manage.py", "*/manage.py"):
        for manage in sorted(folder.glob(pattern)):
            if not NOT_A_PROJECT & set(manage.parts) and manage.is_file():
                yield manage
