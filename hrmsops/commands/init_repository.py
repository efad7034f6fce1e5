"""What `init` writes into the HRMS's repository: shown, asked where it would overwrite, written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops import config
from hrmsops.console import output, prompts
from hrmsops.scaffold import files
from hrmsops.scaffold.files import Held, Wanted

if TYPE_CHECKING:
    from hrmsops.commands.documents import InitFilesDocument, RepositoryFile
    from hrmsops.commands.init_answers import Given


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How `init` was asked to go about it."""

    overwrite: bool
    dry_run: bool
    json: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Files for the repository at `root`, what is to be known besides, and the next command."""

    root: Path
    wanted: tuple[Wanted, ...]
    notes: tuple[str, ...]
    next_command: str

    def with_more(self, other: Asked) -> Asked:
        """Both, in one go."""
        return replace(
            other, wanted=(*self.wanted, *other.wanted), notes=(*self.notes, *other.notes)
        )


def write(given: Given, *, scripts: bool, github: bool, manner: Manner) -> None:
    """The guide's scripts, the workflows, or both: one plan and one question."""
    from hrmsops.commands import init_github, init_scripts

    given.refuse_beside("--github" if github else "--scripts")
    loaded = config.load()
    root = files.repository((loaded.path.parent if loaded.path else Path.cwd()).resolve())
    parts = [init_scripts.asked_for(loaded, root)] if scripts else []
    parts += [init_github.asked_for(loaded, root)] if github else []
    carry_out(reduce(Asked.with_more, parts), manner)


def carry_out(asked: Asked, manner: Manner) -> None:
    """Hold the files against those that are there, and take it as far as `manner` says."""
    found = files.held(asked.root, asked.wanted)
    if manner.dry_run:
        _show(asked, found, manner)
        return
    differing = [each for each in found if each.state == "differs"]
    if not manner.json:
        _list(asked, found)
    if differing and not manner.overwrite:
        _agree_to_overwrite(differing)
    files.write(asked.root, found)
    if manner.json:
        _write_document(asked, found, is_written=True)
    else:
        output.say(f"{_counted(found)} in {asked.root}.", style="good")
        output.next_step(asked.next_command)


def _show(asked: Asked, found: Sequence[Held], manner: Manner) -> None:
    """The difference on stdout, as `patch` reads it; what each file is on stderr."""
    if manner.json:
        _write_document(asked, found, is_written=False)
        return
    _list(asked, found)
    if text := "".join(line for each in found for line in each.difference()):
        output.raw(text)
    output.say("Nothing was changed (--dry-run).")


def _agree_to_overwrite(differing: Sequence[Held]) -> None:
    from hrmsops.errors.usage import Declined

    names = ", ".join(str(each.wanted.path) for each in differing)
    question = f"Overwrite {names}"
    if not prompts.ask_yes(f"{question}?", flag="--overwrite"):
        raise Declined(summary=question)


def _list(asked: Asked, found: Sequence[Held]) -> None:
    for each in found:
        style = {"new": "good", "differs": "warning", "same": "quiet"}[each.state]
        output.say(f"  {each.state:<8}{each.wanted.path}", style=style)
    for note in asked.notes:
        output.point("  Note:   ", note, style="warning")


def _counted(found: Sequence[Held]) -> str:
    count = Counter(each.state for each in found)
    told = {"written": count["new"], "overwritten": count["differs"], "as before": count["same"]}
    return ", ".join(f"{number} {word}" for word, number in told.items() if number)


def _write_document(asked: Asked, found: Sequence[Held], *, is_written: bool) -> None:
    document: InitFilesDocument = {
        "root": str(asked.root),
        "files": list(_facts(found, is_written=is_written)),
        "notes": list(asked.notes),
        "is_written": is_written,
        "next": asked.next_command,
    }
    output.write_json("init-files", document)


def _facts(found: Sequence[Held], *, is_written: bool) -> Iterator[RepositoryFile]:
    for each in found:
        told: RepositoryFile = {"path": str(each.wanted.path), "state": each.state}
        if not is_written:
            told["text"] = each.wanted.text
        yield told
