"""The cutover: from a verified recovered instance to the one that serves. Pure.

The order is that of docs/adr/0006: everything that takes long or may fail comes before the fence,
since users are without a database from there to the shift; nothing writes to the new database
before what the old one has and it lacks is kept.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.step import Step
from hrmsops.errors.cutover import CloneTooSmall
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import Traffic
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.steps.cloud_run.create_revision import CreateRevision, name_of_revision
from hrmsops.steps.cloud_run.expect_traffic import ExpectTraffic
from hrmsops.steps.cloud_run.repoint import Repoint
from hrmsops.steps.cloud_run.sequence import shifting
from hrmsops.steps.cloud_sql.label_superseded import LabelSuperseded
from hrmsops.steps.cloud_sql.prepare_instance import PrepareInstance
from hrmsops.steps.cloud_sql.take_backup import TakeBackup
from hrmsops.steps.rows.advance_sequences import AdvanceSequences
from hrmsops.steps.rows.before_traffic import before_traffic
from hrmsops.steps.rows.compare_servers import CompareServers
from hrmsops.steps.rows.irrevocable import ListIrrevocable, RequireAcknowledged
from hrmsops.steps.rows.reapply import ReapplyRemovals
from hrmsops.steps.rows.roles import FenceDatabase, OpenDatabase, QuarantineClone
from hrmsops.steps.tell import TellFollowUps

PURPOSE = "before it takes traffic"


def cutover_steps(
    facts: CutoverFacts,
    *,
    environment: Environment,
    run: str,
    accepted: Collection[str],
    first: int,
) -> tuple[Step[Any], ...]:
    """The steps from a verified clone to a service on it, the first of them number `first`.

    Composed by every way back that makes a new instance. Raises what `require_possible` raises.
    """
    facts.require_possible(environment=environment.name, accepted=accepted)
    before = _before_the_fence(facts, environment, accepted, first=first)
    behind = _behind_the_fence(facts, environment, first=first + len(before), listed=first + 1)
    done = (*before, *behind)
    return (*done, *_traffic(facts, environment, run, accepted, first=first + len(done)))


def subject_of(facts: CutoverFacts, *, run: str) -> dict[str, str]:
    """What a plan with these steps is about; its `leaves` is the name that consent is given by."""
    serving = facts.service.newest_serving
    return {
        "leaves": facts.source,
        "from": serving.name if serving else facts.service.service.serving,
        "to": revision_of(facts, run=run),
    }


def because_of(facts: CutoverFacts) -> tuple[str, ...]:
    """The evidence of the cutover's part, with absolute times only."""
    at, served = facts.at, facts.served
    return (
        f"At {at:%Y-%m-%d %H:%M:%S} UTC {served.revision.name} served: {served.evidence}",
        f"What was written to {facts.source} since then is not in the new database",
    )


def warnings_of(facts: CutoverFacts) -> tuple[str, ...]:
    """What was accepted, guessed or left out."""
    found = ["Users are without a database from the fence to the shift of the traffic"]
    if facts.served.is_inferred:
        found.append("Which revision served then is a guess; --revision NAME says it")
    if facts.trouble:
        found.append(f"{facts.source} is NOT fenced, nor is what was written since kept")
        found.append(f"It cannot be reached: {facts.trouble}")
    if facts.has_served:
        found.append(f"{facts.clone} has served before: what was written since is not kept")
    found += [f"{each.sentence}: it stays as it is" for each in facts.secrets]
    return tuple(found)


def undo_of(facts: CutoverFacts, *, run: str) -> str | None:
    """The command that leads everything back to the instance that was left, while that can serve.

    None where it cannot be reached: a way back that ends nowhere is no offer.
    """
    if not facts.is_reachable:
        return None
    return shlex.join(["hrmsops", "rollback", "cutback", run, "--reason", f"undo {run}"])


def revision_of(facts: CutoverFacts, *, run: str) -> str:
    """The name of the revision that the run makes."""
    return name_of_revision(short(facts.service.service.name), run=run)


def held_in_place(service: Service) -> Service:
    """The service with its traffic pinned to where it is, as CreateRevision leaves it."""
    shares = service.traffic.resolved(service.latest_ready).shares
    return msgspec.structs.replace(
        service, traffic=Traffic(shares=shares, tags=service.traffic.tags)
    )


def queries_of(facts: CutoverFacts, environment: Environment) -> tuple[tuple[str, str], ...]:
    """What has left the building, and removals that nobody can apply again by a statement."""
    queries = dict(environment.irrevocable)
    for name, removal in environment.reapply.items():
        if not removal.apply or not facts.is_reachable:
            queries[name] = removal.find
    return tuple(sorted(queries.items()))


def _before_the_fence(
    facts: CutoverFacts, environment: Environment, accepted: Collection[str], *, first: int
) -> tuple[Step[Any], ...]:
    source, clone, service = facts.source, facts.clone, facts.service.service
    return (
        QuarantineClone(instance=clone, roles=facts.roles, revision=_in_full(facts)),
        *_acknowledged(facts, environment, first=first + 1, also=()),
        PrepareInstance(instance=clone, source=source),
        CompareServers(
            instance=clone, source=source, accept_too_small=CloneTooSmall.code in accepted
        ),
        TakeBackup(instance=clone, purpose=PURPOSE),
        ExpectTraffic(service=service.name, traffic=service.traffic, serving=service.statuses),
    )


def _behind_the_fence(
    facts: CutoverFacts, environment: Environment, *, first: int, listed: int
) -> tuple[Step[Any], ...]:
    """The fence, and what the new database needs before anybody writes to it."""
    clone, old = facts.clone, facts.source if facts.is_reachable else ""
    steps: list[Step[Any]] = []
    if old:
        serving = facts.service.newest_serving
        name = serving.name if serving else facts.served.revision.name
        revision = f"{facts.service.service.name}/revisions/{name}"
        steps.append(FenceDatabase(instance=old, roles=facts.roles, revision=revision))
    # What a clone has that served once is not only of its moment: no merge could tell it apart.
    served = (AdvanceSequences(old=old, clone=clone),)
    steps += served if facts.has_served else before_traffic(old=old, clone=clone)
    if old:  # Nothing can leave any more: what left meanwhile is listed once again.
        steps += _acknowledged(facts, environment, first=first + len(steps), also=(listed,))
    if old and (removals := _removals(environment)):
        steps.append(ReapplyRemovals(instance=clone, source=old, since=facts.at, removals=removals))
    return (*steps, OpenDatabase(instance=clone, roles=facts.roles))


def _acknowledged(
    facts: CutoverFacts, environment: Environment, *, first: int, also: tuple[int, ...]
) -> tuple[Step[Any], ...]:
    queries = queries_of(facts, environment)
    if not queries:
        return ()
    return (
        ListIrrevocable(instance=facts.source, since=facts.at, queries=queries),
        RequireAcknowledged(after=(*also, first)),
    )


def _removals(environment: Environment) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, each.find, each.apply)
        for name, each in sorted(environment.reapply.items())
        if each.apply
    )


def _traffic(
    facts: CutoverFacts,
    environment: Environment,
    run: str,
    accepted: Collection[str],
    *,
    first: int,
) -> tuple[Step[Any], ...]:
    service, source, clone = facts.service.service, facts.source, facts.clone
    pinned, revision = held_in_place(service), revision_of(facts, run=run)
    create = CreateRevision(
        service=service.name,
        revision=revision,
        like=facts.served.revision.name,
        old=source,
        instance=clone,
        before=service.traffic,
        traffic=pinned.traffic,
    )
    shift = shifting(
        pinned,
        to=revision,
        want=pinned.traffic.all_to(revision),
        run=run,
        paths=environment.health.paths,
        host=environment.health.host,
        accept_unhealthy=CandidateUnhealthy.code in accepted,
        first=first + 1,
    )
    return (
        create,
        *shift,
        *repointing(facts.jobs, facts.worker_pools, old=source, new=clone),
        LabelSuperseded(instance=source, by=clone),
        TellFollowUps(
            environment=environment.name,
            service=service.name,
            old=source,
            new=clone,
            is_new_made=True,
            keeps_for_replay=not facts.has_served,
            is_old_read=facts.is_reachable,
        ),
    )


def repointing(
    jobs: tuple[str, ...], worker_pools: tuple[str, ...], *, old: str, new: str
) -> tuple[Step[Any], ...]:
    """Jobs and worker pools follow the service, once that is well."""
    return (
        *(Repoint(kind="jobs", resource=each, old=old, instance=new) for each in jobs),
        *(
            Repoint(kind="workerPools", resource=each, old=old, instance=new)
            for each in worker_pools
        ),
    )


def _in_full(facts: CutoverFacts) -> str:
    return f"{facts.service.service.name}/revisions/{facts.served.revision.name}"
