"""The table of permissions, witnessed: a command is given what the table says, and uses it all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrmsops import config
from hrmsops.doctor.permissions import asked
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.request_log import entries

HELD = r"cloudscheduler\..*|cloudtasks\..*"
"""Of no use to a recovery that finds all of it on hold."""
NO_CALL = {"cloudsql.instances.login"}
"""Asked for by the database itself, when somebody logs in."""


@contextmanager
def only_what_is_listed(
    client: Client,
    file: Path,
    *commands: str,
    unused: str = "",
    also: tuple[str, ...] = (),
    way: str = "direct",
) -> Iterator[None]:
    """Within it the account of production may do what the table lists for `commands`, no more.

    Afterwards: nothing else was asked for, and of what the table calls indispensable all was, but
    for what `unused` matches, which the story may do without. `also` is how something begins that
    the table says one can do without, and this story does. What is typed within is to be those
    commands alone, and to reach databases by `way`.
    """
    environment = config.load(file).environment("production")
    actions = asked(environment, frozenset(commands), way=way)
    listed = {name for each in actions for name in each.permissions}
    needful = {
        name
        for each in actions
        if not each.without or each.does.startswith(also)
        for name in each.permissions
    }
    pattern = "|".join(re.escape(each) for each in sorted(listed))
    armed = client.arm(kind="deny", permission=f"(?!(?:{pattern})$).*")
    log = client.home.logs / "requests.jsonl"
    before = log.stat().st_size
    try:
        yield
        calls = list(entries(log, after_bytes=before))
    finally:
        client.clear_faults(armed["id"])
    used = {name for each in calls for name in each.permissions}
    more = sorted(used - listed)
    assert not more, f"asked for, and not in the table: {more}"
    idle = needful - used - NO_CALL
    left = sorted(each for each in idle if not re.fullmatch(unused, each))
    assert not left, f"in the table, and never asked for: {left}"
