"""Which instance serves, as far as this machine's record knows: told before anybody is asked."""

from __future__ import annotations

from hrmsops.engine.entries import Closed, Planned
from hrmsops.engine.journal import Journal

RUNS_MAX = 100
"""A banner waits for nothing: of older runs the configuration knows by now."""
AWAY, BACK = "leaves", "back_to"
"""What only a cutover's subject has, and only its way back's."""


def instance_on_record(journal: Journal, service: str) -> str:
    """Where the newest finished cutover, or its way back, has led `service`; "" without one."""
    for first, last in journal.newest_ends(RUNS_MAX):
        if not isinstance(first, Planned) or not isinstance(last, Closed):
            continue
        subject: dict[str, str] = first.plan.get("subject", {})
        if last.outcome == "done" and subject.get("service") == service:
            if BACK in subject:
                return subject[BACK]
            if AWAY in subject and "clone" in subject:
                return subject["clone"]
    return ""
