"""Take migrations back on a clone first: what would die half-way dies there."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.agent import AgentGone
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.failure_words import in_words, listed
from hrmsops.errors.migrate import MigrationFailed
from hrmsops.errors.rehearsal import RehearsalFailed, RehearsalUnverified
from hrmsops.steps.schema.agents import Migrating, made, target_of
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.schema_fits import SchemaWanted
from hrmsops.steps.schema.verify_reversal import found_after
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Migrator
    from hrmsops.postgres.lock_watch import LockHeld

AGENTS_MAX = 3
"""A process that is killed there costs nothing: the clone's own ledger knows how far it came."""
LOCKS_SHOWN = 3


class ToReverse(msgspec.Struct, frozen=True, kw_only=True):
    """One migration of the rehearsal; `fingerprint` names the code that was shown."""

    app: str
    migration: str
    fingerprint: str

    @property
    def full_name(self) -> str:
        return f"{self.app}.{self.migration}"


class RehearseReversal(Step[World], frozen=True, kw_only=True):
    """The whole reverse on `clone`, by the same agent under the same policies, then verified.

    Nothing there is of value: what was interrupted is repeated, whatever it is. How long each took
    and what it locked is told. `known` is what was not as it should be before.
    """

    name: ClassVar[str] = "rehearse-reversal"
    is_scaffold: ClassVar[bool] = True

    clone: str
    how: Migrating
    reverses: tuple[ToReverse, ...]
    schema: SchemaWanted
    known: tuple[str, ...]

    def sentence(self) -> str:
        count = len(self.reverses)
        what = self.reverses[0].full_name if count == 1 else f"all {count} migrations"
        return f"Rehearse on {self.clone}: take back {what}, verify"

    def find(self, world: World, run: Run) -> Result | None:
        noted = run.noted(run.at_step)
        return _result(noted["taken"], noted["told"]) if "told" in noted else None

    def apply(self, world: World, run: Run) -> Result:
        for attempt in range(1, AGENTS_MAX + 1):
            try:
                self._rehearse(world, run)
            except AgentGone as error:
                if attempt == AGENTS_MAX:
                    raise
                run.progress(f"{error.what} On the clone it begins again")
            else:
                break
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """What was done to the clone goes with it."""
        return True

    def _rehearse(self, world: World, run: Run) -> None:
        how = msgspec.structs.replace(self.how, instance=self.clone, repeats=True)
        agent = self._agent(world, run, how)
        try:
            agent.ready(Listening(world, run, "rehearsal"))
            for each in self.reverses:
                self._take_back(world, run, how, agent, each)
            plan = [[each.app, each.migration] for each in self.reverses]
            agent.ask("settle", Listening(world, run, "rehearsal"), plan=plan, backwards=True)
            self._verify(world, run, how, agent)
        finally:
            agent.close()

    def _agent(self, world: World, run: Run, how: Migrating) -> Migrator:
        from hrmsops.django.bridge import Limits, Origin

        limits = Limits(
            statement=timedelta(milliseconds=how.statement_ms),
            lock=timedelta(milliseconds=how.lock_ms),
        )
        account = world.operator.account
        return made(
            world,
            target_of(world, run, how),
            limits=limits,
            origin=Origin(run=run.id, operator=account, image=how.image, commit=how.commit),
            as_job=False,
            lock=True,
        )

    def _take_back(
        self, world: World, run: Run, how: Migrating, agent: Migrator, each: ToReverse
    ) -> None:
        from hrmsops.postgres.lock_watch import LockWatch

        listening = Listening(world, run, f"rehearsal of {each.full_name}")
        began = time.monotonic()
        try:
            with LockWatch(target_of(world, run, how)) as watch:
                done = agent.ask(
                    "reverse",
                    listening,
                    app=each.app,
                    name=each.migration,
                    fingerprint=each.fingerprint,
                    plan=[[one.app, one.migration] for one in self.reverses],
                    repeat=how.repeats,
                )
        except MigrationFailed as error:
            raise self._failed(each, error) from error
        seconds = None if done.get("already") else round(time.monotonic() - began, 2)
        self._keep(run, each, seconds, watch.held)

    def _keep(
        self, run: Run, each: ToReverse, seconds: float | None, locks: tuple[LockHeld, ...]
    ) -> None:
        """For the result, also where a later process ends the step; None: another one did it."""
        taken = run.noted(run.at_step).get("taken", [])
        if any(one["migration"] == each.full_name for one in taken):
            return
        own = {"migration": each.full_name, "seconds": seconds}
        run.note(taken=[*taken, {**own, "locks": msgspec.to_builtins(locks)}])

    def _verify(self, world: World, run: Run, how: Migrating, agent: Migrator) -> None:
        names = [each.full_name for each in self.reverses]
        listening = Listening(world, run, "rehearsal")
        answer = agent.ask("verify-reversed", listening, migrations=names)
        found = found_after(world, run, how, answer, names, self.schema)
        if new := tuple(each for each in found if each not in self.known):
            raise RehearsalUnverified(clone=self.clone, findings=new)
        noted = run.noted(run.at_step)
        run.note(taken=noted.get("taken", []), told=_told(noted.get("taken", []), self.schema))

    def _failed(self, each: ToReverse, error: MigrationFailed) -> HrmsopsError:
        """The same error as where it was tried empty, with where production would have stood."""
        here = self.reverses.index(each)
        facts = error.facts
        words = in_words(facts)
        told = [f"{words[:1].upper()}{words[1:]}."]
        if gone := [one.full_name for one in self.reverses[:here]]:
            told.append(f"Taken back before it, on {self.clone} alone: {listed(gone)}.")
        if facts.get("done"):
            told.append(
                f"It has no transaction, and would be half undone: {listed(facts['done'])}."
            )
        return RehearsalFailed(migration=each.full_name, why=" ".join(told))


def _result(taken: list[dict[str, Any]], told: list[str]) -> Result:
    return {"taken": taken, "findings": told}


def _told(taken: list[dict[str, Any]], schema: SchemaWanted) -> list[str]:
    return [*(_of(each) for each in taken), schema.why or "the schema is as it should be"]


def _of(each: dict[str, Any]) -> str:
    if each["seconds"] is None:
        return f"{each['migration']} went through; how long it took nobody saw"
    return f"{each['migration']} took {each['seconds']:g} s{_locks(each['locks'])}"


def _locks(locks: list[dict[str, Any]]) -> str:
    if not locks:
        return ", no lock lasted long enough to be seen"
    told = [f"{one['mode']} on {one['table']} for {one['seconds']:g} s" for one in locks]
    more = len(told) - LOCKS_SHOWN
    return ", " + ", ".join([*told[:LOCKS_SHOWN], *([f"{more} more"] if more > 0 else [])])
