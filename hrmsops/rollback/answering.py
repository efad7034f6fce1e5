"""What a sighting says to each question of the tree. Pure."""

from __future__ import annotations

from datetime import datetime

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.database import DatabaseStartingUp, DatabaseUnreachable
from hrmsops.gcp.resources import Revision
from hrmsops.rollback import questions as q
from hrmsops.rollback.candidates import PREVIOUS, choose
from hrmsops.rollback.known import Known, no, unknown, yes
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.reverses import Reverse
from hrmsops.rollback.sighting import Said, Sighting

SHOWN_MAX = 3
GONE = (InstanceMissing.code, DatabaseStartingUp.code)


def answers(seen: Sighting, said: Said, reverses: tuple[Reverse, ...] | None) -> dict[str, Known]:
    """What is known of each question, by its id; `reverses` None: no code was at hand to read."""
    since = migrations_since(seen)
    return {
        q.DATABASE_ANSWERS.id: database_answers(seen),
        q.DATA_IS_DAMAGED.id: data_is_damaged(seen, said),
        q.PREVIOUS_FITS.id: previous_fits(seen, since),
        q.REVERSE_IS_LOSSLESS.id: reverse_is(seen, since, reverses, "without loss"),
        q.REVERSE_REPAIRS.id: reverse_is(seen, since, reverses, "truly"),
        q.WINDOW_REACHES_HARM.id: window_reaches(seen, harm_began(seen, said)),
        q.BACKUP_IS_GOOD.id: backup_is_good(seen, harm_began(seen, said)),
    }


def previous(seen: Sighting) -> Revision | None:
    """The revision that `rollback app` would go back to, None where there is none or no facts."""
    if seen.service.value is None:
        return None
    try:
        return choose(seen.service.value, PREVIOUS).revision
    except HrmsopsError:
        return None


def migrations_since(seen: Sighting) -> tuple[Applied, ...] | None:
    """What was applied since the previous revision was made, oldest first; None: not known."""
    before = previous(seen)
    if before is None or seen.schema.value is None:
        return None
    return tuple(each for each in seen.schema.value.applied if each.at > before.created_at)


def harm_began(seen: Sighting, said: Said) -> datetime | None:
    """When the harm began at the earliest: as said, else with the first migration or revision."""
    if said.since:
        return said.since
    since = migrations_since(seen)
    if since:
        return min(each.at for each in since)
    serving = seen.service.value.newest_serving if seen.service.value else None
    return serving.created_at if serving else None


def database_answers(seen: Sighting) -> Known:
    """No only where it is down, not where we are kept out or a network of ours is in the way."""
    if seen.schema.value is not None:
        return yes(f"it took a login and answered; {len(seen.schema.value.applied)} migrations")
    instance = seen.backups.value.instance if seen.backups.value else None
    if seen.backups.value and instance is None:
        return no(f"instance {seen.backups.value.active} is gone")
    if instance and not instance.is_running:
        return no(f"{instance.name} is {instance.state}, {instance.activation_policy or '?'}")
    if seen.schema.code in GONE:
        return no(seen.schema.why)
    is_unwell = seen.health.value is not None and seen.health.value.verdict == "unhealthy"
    if seen.schema.code == DatabaseUnreachable.code and is_unwell:
        return no(f"{seen.schema.why}; the service is unwell too")
    return unknown(seen.schema.why or "nobody looked")


def data_is_damaged(seen: Sighting, said: Said) -> Known:
    """As the operator says; a check that is false says so by itself."""
    if said.is_damaged is not None:
        return Known(value=said.is_damaged, evidence="the operator says so")
    checks = seen.schema.value.checks if seen.schema.value else {}
    failed = sorted(name for name, is_true in checks.items() if not is_true)
    if failed:
        return yes(f"not true any more: {_some(failed)}")
    if checks:
        return unknown(f"{len(checks)} checks are true, which is no proof")
    return unknown("no [checks] are configured, or they could not be asked")


def previous_fits(seen: Sighting, since: tuple[Applied, ...] | None) -> Known:
    """The ledger knows which migrations an image's code contains; else times are compared."""
    facts = seen.service.value
    if facts is None:
        return unknown(seen.service.why)
    try:
        before = choose(facts, PREVIOUS).revision
    except HrmsopsError as error:
        return no(f"{error.what} {error.why}")
    if since is None:
        return unknown(f"{before.name} is there; migrations could not be read: {seen.schema.why}")
    if not since:
        return yes(f"{before.name}; no migration was applied since it was made (inferred)")
    names = [each.migration for each in since]
    return unknown(f"{len(names)} migrations came after {before.name}: {_some(names)}")


def reverse_is(
    seen: Sighting,
    since: tuple[Applied, ...] | None,
    reverses: tuple[Reverse, ...] | None,
    how: str,
) -> Known:
    """Whether every migration since has a reverse that is `how`: "truly" one, or "without loss"."""
    if since is None:
        return unknown(seen.schema.why or "which migrations came since is not known")
    if not since:
        return no("no migration was applied since the previous revision was made")
    if reverses is None:
        return unknown("the code of the migrations is not at hand: [django] in hrmsops.toml")
    by_name = {each.migration: each for each in reverses}
    missing = [each.migration for each in since if each.migration not in by_name]
    if missing:
        return unknown(f"the code at hand has no {_some(missing)}")
    bad = [
        by_name[each.migration]
        for each in since
        if not by_name[each.migration].is_real
        or (how == "without loss" and not by_name[each.migration].is_lossless)
    ]
    if bad:
        return no("; ".join(each.sentence() for each in bad[:SHOWN_MAX]))
    return yes(f"each can be: {_some([each.migration for each in since])}")


def window_reaches(seen: Sighting, harm: datetime | None) -> Known:
    """Whether a clone of the moment before the harm can be asked for."""
    facts = seen.database.value
    if facts is None:
        gone = seen.database.code == InstanceMissing.code
        return no(seen.database.why) if gone else unknown(seen.database.why)
    if not facts.instance.is_running:
        return no(f"{facts.instance.name} is {facts.instance.state}")
    if facts.window is None:
        return no(f"{facts.instance.name} keeps no logs")
    if harm is None:
        return unknown("when the harm began is not known: --since TIME")
    reach = f"its logs begin at {facts.window.earliest:%Y-%m-%d %H:%M:%S} UTC"
    if harm < facts.window.earliest:
        return no(f"{reach}, the harm at {harm:%Y-%m-%d %H:%M:%S} UTC")
    return yes(f"{reach}, before the harm at {harm:%Y-%m-%d %H:%M:%S} UTC")


def backup_is_good(seen: Sighting, harm: datetime | None) -> Known:
    """A successful backup of this service's line; from before the harm where data is damaged."""
    facts = seen.backups.value
    if facts is None:
        return unknown(seen.backups.why)
    good = [each for each in facts.backups if each.is_good and facts.is_own(each)]
    if not good:
        return no("no successful backup is kept")
    is_lost = not facts.is_running
    ended = [
        each.ended_at
        for each in good
        if each.ended_at and (is_lost or harm is None or each.ended_at <= harm)
    ]
    if not ended:
        return no(f"{len(good)} successful backups, none from before the harm")
    return yes(f"{len(ended)} of them, the newest of {max(ended):%Y-%m-%d %H:%M:%S} UTC")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
    return ", ".join(names[:SHOWN_MAX]) + more
