"""A recovery's files made into a plan of changes: read, merged, and kept under the plan's name."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.replay import DamageUnknown, FilesGone, FolderTaken, LogNeeded
from hrmsops.errors.tables import UndoGone
from hrmsops.rollback.damage import Damage, Span, proposed, recorded
from hrmsops.rollback.recovered import Recovered
from hrmsops.steps.rows import folders
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.captured import Captured
    from hrmsops.postgres.changes import Manifest
    from hrmsops.postgres.provenance import Provenance
    from hrmsops.postgres.replay import OnTable
    from hrmsops.postgres.session import Target
    from hrmsops.postgres.writers import Writer

Renamed = Mapping[str, Mapping[str, str]]


def kept(of: Recovered) -> Captured:
    """What the cutover kept; raises FilesGone, PlanFilesChanged."""
    from hrmsops.postgres.captured import read_captured
    from hrmsops.postgres.changes import is_sealed

    folder = folders.captured(of.run)
    if not is_sealed(folder):
        raise FilesGone(run=of.run, folder=str(folder))
    return read_captured(folder)


def undo_kept(run: str) -> Manifest:
    """How the rows that a run copied were; raises UndoGone, PlanFilesChanged."""
    from hrmsops.postgres.changes import is_sealed, read_manifest

    folder = folders.undo_of(run)
    if not is_sealed(folder):
        raise UndoGone(run=run, folder=str(folder))
    return read_manifest(folder)


def merge(
    world: World,
    of: Recovered,
    damage: Damage,
    *,
    clone: str,
    renamed: Renamed,
    undone: tuple[Span, ...] = (),
    on_table: OnTable | None = None,
) -> Manifest:
    """Decide on every row that was kept; `clone` is a second one at the damage's end, or empty.

    What was written in the spans `undone` is listed, since it may be the damage put back by us.

    Raises LogNeeded, DamageUnknown where the clone alone does not tell, ColumnNotMapped.
    """
    from hrmsops.postgres.replay import plan_replay

    if not of.old:
        raise LogNeeded(run=of.run)
    provenance = damage.provenance()
    if clone:
        provenance = _with_clone(world, of, damage, clone)
    if damage.is_known or clone:
        provenance = replace(provenance, doubtful=(*provenance.doubtful, *undone))
    draft = _draft(of)
    plan_replay(
        folders.captured(of.run),
        provenance=provenance,
        folder=draft,
        renamed=renamed,
        on_table=on_table,
    )
    return _named(of, draft)


def from_log(world: World, of: Recovered, captured: Captured, log: Path) -> Manifest:
    """What a log says was committed and the recovered database lacks."""
    from hrmsops.postgres import write_log

    draft = _draft(of)
    write_log.from_log(
        log,
        _target(world, of.clone),
        horizon=captured.horizon,
        written_from=captured.written_from,
        until=of.shifted_at,
        folder=draft,
        made_at=captured.made_at,
    )
    return _named(of, draft)


def copy_out(of: Recovered, manifest: Manifest, folder: Path) -> None:
    """The plan's files once more, where they were asked for; raises FolderTaken."""
    require_free(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    shutil.copytree(folders.plan_of(of.run, manifest.plan), folder, dirs_exist_ok=True)


def require_free(folder: Path) -> None:
    """Raise FolderTaken where a folder is there and not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(folder=str(folder))


def known(captured: Captured, said: Damage) -> Damage:
    """What was said, else what the ledger says."""
    return said if said.is_known else recorded(captured)


def _with_clone(world: World, of: Recovered, damage: Damage, clone: str) -> Provenance:
    """A second clone decides, as long as it is known who wrote in it besides the damage."""
    target = _target(world, clone)
    found = writers_of(world, kept(of), clone)
    others = [each for each in found if not damage.is_migration(each.number)]
    if not damage.is_known:
        damage = proposed(found)
        others = [each for each in found if not damage.is_migration(each.number)]
        if others or not damage.spans:
            raise DamageUnknown(
                run=of.run,
                why=f"{len(others)} other transactions wrote before the moment of {clone}.",
                proposed=damage.words[0] if damage.spans else "",
                clone=clone,
            )
    return replace(damage.provenance(), damage=target, is_alone=not others)


WRITERS_MOST = 1000


def writers_of(world: World, captured: Captured, clone: str) -> list[Writer]:
    """Who wrote in a second clone what the recovered database does not hold."""
    from hrmsops.postgres.writers import writers

    found = writers(_target(world, clone), since=captured.since, most=WRITERS_MOST)
    return [each for each in found if captured.lacks(each.number)]


def _target(world: World, instance: str) -> Target:
    found = world.cloud_sql.instance(instance)
    return world.target(found, application_name="hrmsops replay")


def _draft(of: Recovered) -> Path:
    return folders.folder_of(of.run) / f".draft-{secrets.token_hex(4)}"


def _named(of: Recovered, draft: Path) -> Manifest:
    """The draft under its plan's name; the same plan is kept once."""
    from hrmsops.postgres.changes import is_sealed, read_manifest

    manifest = read_manifest(draft)
    folder = folders.plan_of(of.run, manifest.plan)
    if is_sealed(folder):
        shutil.rmtree(draft)
    else:
        draft.rename(folder)
    return manifest
