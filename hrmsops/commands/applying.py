"""From a plan to its end: shown, approved, confirmed, leased, executed, told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrmsops import github
from hrmsops.commands.endings import onwards, tell_failure, tell_result

if TYPE_CHECKING:
    from hrmsops.console.plans import Unsaid
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.lease import Lease
    from hrmsops.engine.plan import Plan
    from hrmsops.engine.run import Run
    from hrmsops.world import World

MakePlan = Callable[["World", "Journal"], "Plan"]
Begin = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a command that changes something was asked to go about it."""

    env: str | None
    config: Path | None
    json: bool = False
    yes: bool = False
    dry_run: bool = False
    plan_out: Path | None = None
    plan_in: Path | None = None
    accept: Sequence[str] | None = None
    """The refusals that are overridden, by their codes."""
    take_over: bool = False
    takes_back: str = ""
    """The run that is taken back: its own lease, left by a process that is gone, is taken over."""
    wait: timedelta | None = None
    detach: bool = False
    confirm: str | None = None
    proxy: bool = False
    """Databases are reached by the connector, or by what is configured in its place."""
    is_plain: bool = False
    """No line that moves: somebody will be asked something meanwhile."""
    is_hurried: bool = False
    """Whoever only looks does without a record that gives no answer, after a moment."""
    is_prelude: bool = False
    """Another run follows by the same command: its document is the one."""
    unsaid: list[Unsaid] = field(default_factory=list)
    """What a person has yet to say before a plan that is only shown can be applied."""

    @property
    def patience(self) -> timedelta | None:
        return timedelta(0) if self.detach else self.wait

    @property
    def only_shows(self) -> bool:
        """Nothing is asked of the cloud but what it is like."""
        return self.dry_run or self.plan_out is not None


def world_of(manner: Manner, *, way: str = "") -> World:
    """The world of the environment that was asked for; its banner is on the screen.

    `way` is how a run that goes on reached its databases when it began.
    """
    from hrmsops import config
    from hrmsops.console.gcloud_line import Place
    from hrmsops.console.next_command import acts_in
    from hrmsops.engine.waiting import Patience
    from hrmsops.world import World

    loaded = config.load(manner.config)
    environment = loaded.environment(manner.env)
    acts_in(Place(environment.project, environment.region))
    world = World(
        environment,
        patience=Patience(manner.patience),
        config=loaded,
        is_hurried=manner.is_hurried,
    )
    if way:
        world.go_by(way)
    elif manner.proxy:
        world.go_by_proxy()
    if not manner.json:
        from hrmsops.console import output

        world.on_silent = output.say
        _show_where(world)
    return world


def _show_where(world: World) -> None:
    """The banner; after a cutover from here it names the instance that serves since."""
    from contextlib import suppress
    from dataclasses import replace

    from hrmsops.console import banner
    from hrmsops.errors.record import RecordUnusable
    from hrmsops.rollback.on_record import instance_on_record

    environment, instance = world.environment, world.environment.instance
    with suppress(RecordUnusable):  # Where one is about to act is shown in any case, and soon.
        journal = replace(journal_of(world), store=world.hurried_store)
        instance = instance_on_record(journal, world.service_name) or instance
    banner.show(environment, account=world.clients.account, instance=instance)


def journal_of(world: World) -> Journal:
    """The record, with every step that this version knows."""
    from hrmsops import steps

    return world.journal(steps.catalog())


def carry_out(manner: Manner, make_plan: MakePlan, at_begin: Begin = lambda: None) -> Run | None:
    """Make the plan, and take it as far as `manner` says; the run, where one was made and done.

    `at_begin` follows consent and the lease; what it raises leaves nothing begun. Where the
    approved plan has begun a run that is unfinished, that one goes on in place of a second.
    """
    from hrmsops.commands.going_on import go_on_with_plan
    from hrmsops.commands.plan_files import hand_out, hold_against
    from hrmsops.commands.recording import following_at_the_end, settle

    world = world_of(manner)
    changes = not manner.only_shows
    settle(world, accepted=manner.accept or (), changes=changes, json=manner.json)
    journal = journal_of(world)
    if begun := go_on_with_plan(world, journal, manner):
        return begun
    lease = world.lease()
    take_over = manner.take_over or lease.is_of(manner.takes_back)
    if not manner.only_shows:
        lease.refuse_if_held(run=None, take_over=take_over)
    plan = going_by(world.way, make_plan(world, journal))
    if manner.plan_in:
        hold_against(manner.plan_in, plan)
    with told_of(plan, manner):
        if not manner.json:
            _show(plan, manner)
    if manner.plan_out:
        hand_out(manner.plan_out, plan, manner)
    elif manner.dry_run:
        _rehearse(plan, world, manner)
    elif not plan.steps:
        _nothing_to_do(plan, manner)
    else:
        _agree(plan, manner)
        with (
            following_at_the_end(world, json=manner.json),
            lease.acquire(run=plan.run, why=plan.reason, take_over=take_over),
        ):
            at_begin()
            run = _begin(journal, plan, lease, world)
            perform(run, world, lease, manner)
        return run
    return None


def going_by(way: str, plan: Plan) -> Plan:
    """The same plan, whose record says by which way databases are reached, if one was named."""
    from msgspec.structs import replace

    return replace(plan, way=way)


def perform(run: Run, world: World, lease: Lease, manner: Manner) -> None:
    """Execute what is left of `run` and say how it ended.

    Under `--json` the document is the run, also where it failed: `failure` tells why, and the
    exit code is the error's.
    """
    from hrmsops.commands.telling import told
    from hrmsops.console import output, runs
    from hrmsops.console.next_command import completed_after
    from hrmsops.errors import HrmsopsError

    try:
        with told(run, world, manner), _followed(run, world, manner):
            _execute(run, world, lease, manner)
    except HrmsopsError as error:
        if not manner.json:
            tell_failure(run, error)
        error.fix = completed_after(run.plan, error.fix)
        if not manner.json:
            raise
        output.write_json("run", runs.document_of_failure(run, error))
        raise SystemExit(int(error.exit_code)) from error
    if not manner.json:
        tell_result(run, manner)
    elif not manner.is_prelude:
        output.write_json("run", {**runs.document(run), "exit_code": 0})


def _execute(run: Run, world: World, lease: Lease, manner: Manner) -> None:
    """Execute; where the run waits for a person's word and one is there, ask and go on."""
    from hrmsops.console import progress, prompts
    from hrmsops.engine.entries import Resumed
    from hrmsops.engine.executor import execute
    from hrmsops.errors.hold import IrrevocableNotAcknowledged

    while True:
        try:
            with progress.following(run, json=manner.json, is_plain=manner.is_plain):
                execute(run, world, lease=lease)
        except IrrevocableNotAcknowledged:
            if manner.json or run.closed or not prompts.somebody_answers():
                raise
            from hrmsops.commands.acknowledging import acknowledge_items, items_in

            acknowledge_items(world, items_in(run), names=(), run=run.id, is_open=True, json=False)
            run.record(Resumed())
        else:
            return


def _show(plan: Plan, manner: Manner) -> None:
    from hrmsops.console import plans

    plans.show(plan, is_result=manner.dry_run)


def told_of(plan: Plan, manner: Manner, *, is_begun: bool = False) -> AbstractContextManager[None]:
    """Within, the plan is shown; in a workflow of GitHub its summary has it too."""
    if not github.is_here():
        return nullcontext()
    from hrmsops.github import telling

    state = telling.Applied(is_now=not manner.only_shows, is_begun=is_begun)
    return telling.of_plan(plan, state, json=manner.json, is_result=manner.dry_run)


def _followed(run: Run, world: World, manner: Manner) -> AbstractContextManager[None]:
    """Within, a workflow of GitHub is told of the run."""
    if not github.is_here():
        return nullcontext()
    from hrmsops.github import summary, telling

    kept = summary.Kept(is_shared=world.store.is_shared, is_approved=manner.plan_in is not None)
    return telling.of_run(run, json=manner.json, onwards=lambda: next(onwards(run), ""), kept=kept)


def _rehearse(plan: Plan, world: World, manner: Manner) -> None:
    from hrmsops.console import output, plans

    answers = [words for step in plan.steps if (words := step.rehearse(world))]
    if manner.json:
        output.write_json("plan", {**plans.document(plan), "rehearsed": answers})
        return
    for words in answers:
        output.say(f"  {words}", style="good")
    output.say("Nothing was changed (--dry-run).")


def _nothing_to_do(plan: Plan, manner: Manner) -> None:
    from hrmsops.console import output

    if manner.json:
        document: dict[str, Any] = {"run": None, "outcome": "done", "exit_code": 0, **plan.subject}
        output.write_json("run", {**document, "headline": plan.headline, "steps": []})
    else:
        output.result(f"Nothing to do: {plan.headline}.")


def _agree(plan: Plan, manner: Manner) -> None:
    from hrmsops.console import plans, prompts

    prompts.consent(
        undoable=not plans.is_for_good(plan),
        name=plans.name_of(plan),
        # An approved plan is consent to just that plan.
        yes=manner.yes or manner.plan_in is not None,
        confirm=manner.confirm,
        summary=f"Apply this plan to {plan.environment}",
    )


def _begin(journal: Journal, plan: Plan, lease: Lease, world: World) -> Run:
    from hrmsops.commands.recording import begin_aside, is_aside
    from hrmsops.engine.entries import KeptAside, TookOver

    begin_aside(world, plan.run)
    run = journal.begin(plan, fence=lease.fence)
    if is_aside(world):
        run.record(KeptAside(store=world.environment.store))
    if lease.displaced:
        run.record(TookOver(holder=f"run {lease.displaced.run} of {lease.displaced.by}"))
    return run
