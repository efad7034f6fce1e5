"""What a sighting says to each question of the tree. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.database import DatabaseStartingUp, DatabaseUnreachable
from hrmsops.gcp.resources import Revision
from hrmsops.rollback import questions as q
from hrmsops.rollback.candidates import PREVIOUS, choose
from hrmsops.rollback.code_facts import CodeFacts
from hrmsops.rollback.known import Known, no, unknown, yes
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.schema_fit import applied_after, fits, some
from hrmsops.rollback.sighting import Said, Sighting
from hrmsops.safety.reversal import Reversal

SHOWN_MAX = 3
GONE = (InstanceMissing.code, DatabaseStartingUp.code)


def answers(seen: Sighting, said: Said, code: CodeFacts | None) -> dict[str, Known]:
    """What is known of each question, by its id; `code` None: none was at hand to read."""
    since = migrations_since(seen)
    harm = harm_began(seen, said)
    return {
        q.DATABASE_ANSWERS.id: database_answers(seen),
        q.DATA_IS_DAMAGED.id: data_is_damaged(seen, said),
        q.PREVIOUS_FITS.id: previous_fits(seen, code),
        q.REVERSE_IS_LOSSLESS.id: reverse_is_lossless(seen, since, code),
        q.REVERSE_REPAIRS.id: reverse_repairs(seen, since, code),
        q.WINDOW_REACHES_HARM.id: window_reaches(seen, harm, is_said=said.since is not None),
        q.BACKUP_IS_GOOD.id: backup_is_good(seen, harm),
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
    return applied_after(before, seen.schema.value)


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
        return no(f"{instance.name} is {instance.condition}")
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
        return yes(f"not true any more: {some(tuple(failed))}")
    if checks:
        return unknown(f"{len(checks)} checks are true, which is no proof")
    return unknown("no [checks] are configured, or they could not be asked")


def previous_fits(seen: Sighting, code: CodeFacts | None) -> Known:
    """Whether there is a revision to go back to, and its code runs on today's schema."""
    if seen.service.value is None:
        return unknown(seen.service.why)
    try:
        before = choose(seen.service.value, PREVIOUS).revision
    except HrmsopsError as error:
        return no(f"{error.what} {error.why}")
    return fits(before, seen.schema, code)


def reverse_is_lossless(
    seen: Sighting, since: tuple[Applied, ...] | None, code: CodeFacts | None
) -> Known:
    """Whether each migration since has a reverse that loses nothing."""
    return _reverse(seen, since, code, lambda each: each.kind == "lossless")


def reverse_repairs(
    seen: Sighting, since: tuple[Applied, ...] | None, code: CodeFacts | None
) -> Known:
    """Whether each migration since has a true reverse, whatever that costs later writes."""
    return _reverse(
        seen, since, code, lambda each: each.repairs and each.kind in ("lossless", "lossy")
    )


def _reverse(
    seen: Sighting,
    since: tuple[Applied, ...] | None,
    code: CodeFacts | None,
    is_good: Callable[[Reversal], bool],
) -> Known:
    if since is None:
        return unknown(seen.schema.why or "which migrations came since is not known")
    names = tuple(each.migration for each in since)
    if not names:
        return no("no migration was applied since the previous revision was made")
    if code is None:
        return unknown("the code of the migrations is not at hand: [django] in hrmsops.toml")
    if missing := code.missing(names):
        return unknown(f"the code at hand has no {some(missing)}")
    bad = [code.reversals[name] for name in names if not is_good(code.reversals[name])]
    if bad:
        return no("; ".join(each.sentence() for each in bad[:SHOWN_MAX]))
    return yes(f"each can be, as its code says: {some(names)}")


def window_reaches(seen: Sighting, harm: datetime | None, *, is_said: bool) -> Known:
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
    guess = "" if is_said else ", if it came with the first change since; --since TIME says better"
    at = f"the harm at {harm:%Y-%m-%d %H:%M:%S} UTC{guess}"
    return no(f"{reach}, {at}") if harm < facts.window.earliest else yes(f"{reach}, before {at}")


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
