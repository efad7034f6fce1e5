"""Every kind of document that `--json` writes: what it is made of, and which commands write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docs.reference_commands import walked
from hrmsops.commands import documents as of_commands
from hrmsops.console.documents import checks, looks, runs, seeds
from hrmsops.sandbox.scenarios import document as drills


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of document: it is of one of `types`, and `commands` write it under `--json`."""

    name: str
    types: tuple[Any, ...]
    commands: tuple[str, ...]
    says_so: bool = True
    """Whether the document has its kind in it."""


def kinds() -> dict[str, Kind]:
    """Every kind by its name, in the order of the page."""
    return {each.name: each for each in _kinds()}


def _kinds() -> Iterator[Kind]:
    from hrmsops.aftermath.incident import Incident
    from hrmsops.rollback.status import Status

    planning = (*with_option("--plan-out"), "mark-good")
    yield _kind("plan", runs.PlanDocument, *planning)
    going_on = ("runs show", "runs abandon")
    yield Kind(name="run", types=(runs.RunDocument, runs.NoRun), commands=(*planning, *going_on))
    yield _kind("error", checks.ErrorDocument, *with_option("--json"))
    yield _kind("status", Status, "status")
    yield _kind("advice", looks.AdviceDocument, "rollback")
    yield _kind("doctor", looks.DoctorDocument, "doctor")
    yield _kind("hold", looks.HoldDocument, "hold status")
    yield _kind("runs", runs.RunsDocument, "runs")
    yield _kind("prune", runs.PruneDocument, "runs prune")
    yield _kind("sync", runs.SyncDocument, "runs sync")
    yield _kind("checklist", looks.ChecklistDocument, "checklist")
    yield _kind("report", Incident, "report")
    yield _kind("replay", looks.ReplayDocument, "replay")
    yield _kind("purge", looks.PurgeDocument, "replay")
    yield Kind(name="check", types=(checks.CheckDocument,), commands=("check",), says_so=False)
    yield _kind("check-fix", checks.FixDocument, "check")
    yield _kind("migrations", looks.MigrationsDocument, "migrations")
    yield _kind("table-sizes", looks.TableSizesDocument, "table sizes")
    yield _kind("backfills", looks.BackfillsDocument, "backfill")
    yield _kind("seed-list", seeds.SeedListDocument, "seed")
    yield _kind("seed-fixtures", seeds.SeedFixturesDocument, "seed")
    yield _kind("init", of_commands.InitDocument, "init")
    yield _kind("init-files", of_commands.InitFilesDocument, "init")
    yield _kind("page", of_commands.PageDocument, "explain")
    yield _kind("codes", of_commands.CodesDocument, "explain")
    one = (
        each for each in with_option("--json") if each.startswith("drill") and each != "drill all"
    )
    yield _kind("drill", drills.DrillDocument, *one)
    yield _kind("drills", drills.DrillsDocument, "drill all")
    yield _kind("sandbox", of_commands.SandboxDocument, "sandbox up", "sandbox status")
    yield _kind("images", of_commands.ImagesDocument, "sandbox image list")
    yield _kind("faults", of_commands.FaultsDocument, "sandbox fault list")


def _kind(name: str, of: Any, *commands: str) -> Kind:
    return Kind(name=name, types=(of,), commands=commands)


def with_option(option: str) -> tuple[str, ...]:
    """The commands that have an option, as they are typed after `hrmsops`."""
    return tuple(
        path.removeprefix("hrmsops ")
        for path, command in walked()
        if any(option in each.opts for each in command.params)
    )
