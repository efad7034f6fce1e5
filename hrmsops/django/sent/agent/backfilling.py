"""A backfill asked for from outside: the app `hrmsops.backfill`, which is sent along for it."""

import os
from contextlib import contextmanager

from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.continuing import continued
from hrmsops.backfill.listing import listed as listed_lines
from hrmsops.backfill.opening import Manner, opened, require_free
from hrmsops.backfill.prepared import prepare
from hrmsops.backfill.request import Request
from hrmsops.backfill.running import finish
from hrmsops.errors.base import HrmsopsError

from ..wire import Refused


def listed(session):
    """Registered backfills, and runs under way, line by line."""
    with _told():
        return {"lines": list(listed_lines(session.alias))}


def look(session, asked):
    """What would be done to how many rows; `run` is the one that would be gone on with."""
    using, request = session.alias, Request.of(asked["request"])
    with _told():
        if asked["resume"]:
            request = continued(request, using=using)
        prepared = prepare(request, using=using)
        checkpoints = Checkpoints(using)
        subject = prepared.request.subject
        unfinished = [each for each in checkpoints.unfinished() if each.subject == subject]
        if not asked["resume"]:
            require_free(checkpoints, unfinished, anew=asked["anew"])
        work, strategy = prepared.work, prepared.strategy
        return {
            "request": prepared.request.as_document(),
            "subject": subject,
            "title": prepared.title,
            "how": prepared.how(),
            "rows": prepared.counted() if asked["exact"] else strategy and strategy.matching,
            "table": work.table if work else "",
            "overwrites": bool(work and work.overwrites),
            "why_once": work.why_once if work else "",
            "run": unfinished[0].run if asked["resume"] else "",
            "done": sum(each.rows for each in unfinished) if asked["resume"] else 0,
            "shards": unfinished[0].shards if asked["resume"] else 0,
        }


def run(session, asked):
    """One shard of the named run, or each in turn where this is the only process."""
    index, count = _task()
    ended = []
    with _told():
        prepared = prepare(Request.of(asked["request"]), using=session.alias)
        shards = asked["shards"]
        for shard in range(index, shards, count):
            manner = Manner(
                using=session.alias,
                operator=session.request["operator"],
                anew=asked["anew"],
                run=asked["run"],
                shard=shard,
                shards=shards,
            )
            for held in opened(prepared, manner):
                tell = _teller(session)
                ended.append(finish(prepared, held, using=session.alias, tell=tell))
    return {
        "rows": sum(each.rows for each in ended),
        "findings": [finding for each in ended for finding in each.findings],
    }


def _task():
    """Which task of a job this is, and of how many."""
    get = os.environ.get
    return int(get("CLOUD_RUN_TASK_INDEX", "0")), int(get("CLOUD_RUN_TASK_COUNT", "1"))


def _teller(session):
    return lambda event: session.wire.emit("backfill", told=event)


@contextmanager
def _told():
    """What it refuses keeps its words: the other side has the same errors."""
    try:
        yield
    except HrmsopsError as error:
        raise Refused(
            "backfill", code=error.code, what=error.what, why=error.why, fix=error.fix
        ) from error
