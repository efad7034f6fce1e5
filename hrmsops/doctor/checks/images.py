"""Whether the images of the last revisions are still in the registry: else none can start again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown, warning
from hrmsops.doctor.commands import SHIFTS
from hrmsops.doctor.words import listed

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.world import World

LOOKED_AT = 5
"""As far back as a rollback would go without being told."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """`is_there` None: its registry is none that can be asked."""

    revision: str
    serves: bool
    is_there: bool | None


def look(around: Around) -> tuple[Image, ...]:
    facts = around.service
    serving = dict(facts.service.statuses.shares)
    revisions = [each for each in facts.revisions if not each.is_deleting][:LOOKED_AT]
    with ThreadPoolExecutor(LOOKED_AT) as threads:
        there = threads.map(lambda each: _is_there(around.world, each.name), revisions)
        return tuple(
            Image(revision=each.name, serves=each.name in serving, is_there=found)
            for each, found in zip(revisions, there, strict=True)
        )


def _is_there(world: World, revision: str) -> bool | None:
    from hrmsops.gcp.registry import is_there

    template = world.run_documents.template(f"{world.service_name}/revisions/{revision}")
    found = [is_there(world.clients, each["image"]) for each in template.get("containers", ())]
    return False if False in found else None if None in found or not found else True


def judge(images: tuple[Image, ...]) -> Finding:
    gone = [each for each in images if each.is_there is False]
    if any(each.serves for each in gone):
        return bad(
            f"The image of what serves is gone: {listed([each.revision for each in gone])}",
            "Deploy again before an instance has to start anew.",
        )
    if gone:
        return warning(
            f"Gone from the registry: {listed([each.revision for each in gone])}",
            "Keep the images of the last revisions in the registry's clean-up policy.",
        )
    blind = [each.revision for each in images if each.is_there is None]
    if blind:
        return unknown(f"Not in Artifact Registry, or without a digest: {listed(blind)}")
    return good(f"those of the last {len(images)} revisions are in the registry")


CHECK = Check(
    title="images",
    topic=Topic.SERVICE,
    place=3,
    asks="Are the images of the last revisions still in the registry?",
    commands=SHIFTS,
    look=look,
    judge=judge,
)
