"""What a finished recovery left for later commands to go on from, even from another shell."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import msgspec

from hrmsops.engine.run import Run
from hrmsops.errors.cutover import RunNotContinuable
from hrmsops.errors.run import RunOfAnotherService
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """A verified recovered instance, as the run that made it tells."""

    run: str
    instance: str
    source: str
    """What it is a recovery of."""
    at: datetime
    """The moment that it shows."""


def recovered_by(run: Run) -> Recovered:
    """The verified clone of a run that is over, whoever ended it.

    Raises RunNotContinuable.
    """
    show = f"hrmsops runs show {run.id}"
    made = [n for n, step in enumerate(run.plan.steps, start=1) if isinstance(step, VerifyClone)]
    subject = run.plan.subject
    if "continues" in subject:
        first = subject["continues"]
        why = f"It has itself gone on from run {first}."
        fix = f"hrmsops rollback pitr --continue {first} --promote"
        raise RunNotContinuable(run=run.id, why=why, fix=fix)
    if not made or not subject.get("clone"):
        why = f"It is a {run.plan.command}, which makes no instance."
        raise RunNotContinuable(run=run.id, why=why, fix=show)
    if not run.closed:
        why = "It is unfinished; resume goes on with it, and runs abandon closes it."
        raise RunNotContinuable(run=run.id, why=why, fix=f"hrmsops resume {run.id}")
    if not run.has_finished(made[-1]):
        why = "Its recovered instance was never verified."
        raise RunNotContinuable(run=run.id, why=why, fix=show)
    return Recovered(
        run=run.id,
        instance=subject["clone"],
        source=subject["instance"],
        at=datetime.fromisoformat(subject["at"]),
    )


def gone(run: Run, recovered: Recovered) -> RunNotContinuable:
    """Somebody has deleted what the run made: the same command makes another."""
    why = f"There is no instance {recovered.instance} any more, or you may not see it."
    words = ["hrmsops", *run.plan.command.split(), *_again(run, recovered)]
    again = shlex.join([*words, "--reason", run.plan.reason])
    return RunNotContinuable(run=run.id, why=why, fix=again)


def _again(run: Run, recovered: Recovered) -> tuple[str, str]:
    """What a run was asked for, as options."""
    if backup := run.plan.subject.get("backup"):
        return "--backup", backup
    return "--at", recovered.at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def require_service(run: Run, configured: str) -> None:
    """Raise RunOfAnotherService where the run was about another service than the configured."""
    service = run.plan.subject.get("service", configured)
    if service != configured:
        raise RunOfAnotherService(
            run=run.id,
            service=service,
            environment=run.plan.environment,
            configured=configured,
        )


def require_other(recovered: Recovered, serving: str) -> None:
    """Raise RunNotContinuable where the recovered instance is what serves already."""
    if recovered.instance == serving:
        why = f"{serving} serves already."
        raise RunNotContinuable(run=recovered.run, why=why, fix="hrmsops status")
