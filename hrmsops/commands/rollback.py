"""`hrmsops rollback`: the ways back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_revision
from hrmsops.commands.rollback_advise import rollback
from hrmsops.commands.rollback_backup import backup
from hrmsops.commands.rollback_cutback import cutback
from hrmsops.commands.rollback_migration import migration
from hrmsops.commands.rollback_pitr import pitr
from hrmsops.commands.rollback_tables import undo_copy

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

app = typer.Typer(help="Go back: the guide's decision tree, or one of its branches.")
app.callback(invoke_without_command=True)(rollback)

Revision = Annotated[
    str,
    typer.Option(
        "--revision",
        metavar="NAME",
        autocompletion=complete_revision,
        help="The revision to go back to; previous is the last one that served well.",
    ),
]


@app.command(
    "app", epilog="Example: hrmsops rollback app -e production --reason 'Error spike after 2024.3'"
)
@options.spread
def app_(
    env: options.Env = None,
    revision: Revision = "previous",
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    interactive: options.Interactive = False,
    **shared: Unpack[options.SharedWithWait],
) -> None:
    """Application errors only: shift all traffic to the revision that last served well."""
    manner = Manner(env=env, yes=yes, dry_run=dry_run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import pick_revision, reason_for
        from hrmsops.rollback.candidates import PREVIOUS, choose
        from hrmsops.rollback.kinds import app as kind
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.observing_requests import with_history
        from hrmsops.rollback.observing_schema import fit_of

        facts = observe(world, journal)
        if revision == PREVIOUS:
            facts = with_history(world, facts)
        wanted = pick_revision(facts, revision) if interactive else revision
        choice = choose(facts, wanted)
        return kind.plan(
            facts,
            choice,
            environment=world.environment,
            reason=reason_for(reason, manner),
            fit=fit_of(world, facts, choice.revision),
            accepted=shared["accept"] or (),
        )

    carry_out(manner, make_plan)


app.command(
    "migration",
    epilog="Example: hrmsops rollback migration payroll --undo 0003 -e production --reason 'wrong'",
)(migration)
app.command(
    "pitr",
    epilog="Example: hrmsops rollback pitr -e production --at 2026-08-22T09:14:00Z --reason 'lost'",
)(pitr)
app.command(
    "undo-copy",
    epilog="Example: hrmsops rollback undo-copy 261123-104512-7f3a --reason 'wrong table'",
)(undo_copy)
app.command(
    "backup",
    epilog="Example: hrmsops rollback backup -e production --backup latest --reason 'all is lost'",
)(backup)
app.command(
    "cutback",
    epilog="Example: hrmsops rollback cutback 261123-104512-7f3a -e production --reason 'worse'",
)(cutback)
