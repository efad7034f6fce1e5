"""Infrastructure code and CI that still name an instance which a cutover has left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good
from hrmsops.doctor.commands import CHANGES
from hrmsops.doctor.naming import Place, places
from hrmsops.rollback.on_record import AWAY, BACK

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.engine.run import Run

SHOWN_MAX = 10


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`left` are instances that no longer serve, and what serves instead; `root` was searched."""

    left: tuple[str, ...]
    active: str
    root: str
    places: tuple[Place, ...]


def look(around: Around) -> Seen:
    from hrmsops.doctor.naming import repository

    left = tuple(sorted(superseded(around.runs)))
    root = repository(around.world.config.folder)
    active = around.instance_name if left else ""
    old = tuple(name for name in left if name != active)
    return Seen(left=old, active=active, root=str(root), places=tuple(places(root, old)))


def superseded(runs: Sequence[Run]) -> set[str]:
    """Instances that a finished cutover has left and no way back has taken up again."""
    left: set[str] = set()
    for run in runs:
        subject = run.plan.subject
        if run.outcome != "done":
            continue
        if AWAY in subject and "clone" in subject:
            left.add(subject[AWAY])
            left.discard(subject["clone"])
        if BACK in subject:
            left.discard(subject[BACK])
            left |= {subject[AWAY]} if AWAY in subject else set()
    return left


def judge(seen: Seen) -> Finding:
    if not seen.left:
        return good("no instance was superseded, as far as this record goes")
    if not seen.places:
        return good(f"nothing below {seen.root} names {', '.join(seen.left)}")
    more = len(seen.places) - SHOWN_MAX
    lines = [f"{each.file}:{each.line} names {each.name}" for each in seen.places[:SHOWN_MAX]]
    names = ", ".join(sorted({each.name for each in seen.places}))
    return Finding(
        state="bad",
        says=f"{names} is superseded, and the next apply or deploy would lead back to it",
        mend=f"Name {seen.active} there.",
        more=(*lines, *([f"… and {more} more"] if more > 0 else [])),
    )


CHECK = Check(
    title="old names",
    topic=Topic.MACHINE,
    place=4,
    asks="Does infrastructure code or CI still name an instance that a cutover has left?",
    commands=CHANGES,
    look=look,
    judge=judge,
)
