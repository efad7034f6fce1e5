"""The guide's post-rollback checklist: what hrmsops looks at itself, and what a person must do."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["done", "failed", "open", "unknown"]
Outcome = Literal["done", "not-needed"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list; `how` tells a person what makes it done."""

    id: str
    title: str
    how: str


HEALTH = Item(
    id="health",
    title="Application health checks pass",
    how="The configured health paths answer.",
)
DATABASE = Item(
    id="database",
    title="The database can be reached",
    how="The instance that serves takes a login and answers.",
)
CONSISTENCY = Item(
    id="consistency",
    title="Data is consistent",
    how="The reconciliation queries of the configuration ([environments.X.checks]) are true.",
)
HOLD = Item(
    id="hold",
    title="Nothing is on hold any more",
    how="hrmsops hold off, once what left the building is dealt with.",
)
REPLAYED = Item(
    id="replayed",
    title="What users wrote since is brought over",
    how="hrmsops replay RUN, and a decision on each conflict that it lists.",
)
NOTIFIED = Item(
    id="notified",
    title="Stakeholders know",
    how="The webhooks took the news, or somebody told them.",
)
REPORT = Item(
    id="report",
    title="The incident report is written",
    how="hrmsops report RUN wrote one.",
)
ROOT_CAUSE = Item(
    id="root-cause",
    title="The root cause is fixed before the next deploy",
    how="Somebody names the change that mends it.",
)
ITEMS = (HEALTH, DATABASE, CONSISTENCY, REPLAYED, HOLD, NOTIFIED, REPORT, ROOT_CAUSE)
"""In the guide's order (Post-Rollback Checklist), with what a recovery and a hold leave to do."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of an item, when, and who."""

    item: str
    outcome: Outcome
    note: str
    by: str
    at: str
    """RFC 3339, UTC."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How an item stands. `by` is who says so: `hrmsops` for what it looked at itself."""

    item: Item
    state: State
    evidence: tuple[str, ...] = ()
    by: str = "hrmsops"
    at: str = ""


def standing(item: Item, seen: Finding | None, answer: Answer | None) -> Finding:
    """What is known of `item`: what was seen to fail, else what a person said, else what was seen.

    A person may settle what hrmsops cannot see; no word settles that what fails is well.
    """
    if seen and seen.state == "failed":
        return seen
    if answer and (seen is None or seen.state != "done"):
        words = (answer.note,) if answer.note else ()
        said = "not needed" if answer.outcome == "not-needed" else "done"
        return Finding(item=item, state="done", evidence=(said, *words), by=answer.by, at=answer.at)
    return seen or Finding(item=item, state="open", evidence=(item.how,))


def item_of(name: str) -> Item | None:
    """The item with that id, None where there is none."""
    return next((item for item in ITEMS if item.id == name), None)
