"""A plan: the ordered steps that will be taken, and the name by which it is approved."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

import msgspec

from hrmsops.engine.step import Step, StepCatalog, written

SCHEMA = 1


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one run will do. Everything in it was known before the first step.

    `subject` names what it is about ("service", "from", "to"); `because` the evidence, with
    absolute times only, since an age would change the hash from second to second; `undo` is the
    command that takes the whole back, None where none can.
    """

    run: str
    made_at: datetime
    command: str
    environment: str
    reason: str
    headline: str
    subject: dict[str, str]
    because: tuple[str, ...]
    warnings: tuple[str, ...]
    undo: str | None
    steps: tuple[Step[Any], ...]
    way: str = ""
    """How the world was asked to be reached, for whoever goes on; "" as it is configured."""

    @property
    def hash(self) -> str:
        """A name for what is done, why and to what; run id, clock and way do not count."""
        body = record(self)
        for aside in ("run", "made_at", "hash", "way"):
            body.pop(aside, None)
        text = msgspec.json.encode(body, order="sorted")
        for name in (self.run, self.run.replace("-", "_")):  # In names that SQL takes unquoted.
            text = text.replace(name.encode(), b"{run}")
        return hashlib.sha256(text).hexdigest()[:16]


def new_run_id(now: datetime) -> str:
    """Sortable by time, fit for instance names and tags: `261123-104512-7f3a`."""
    return f"{now:%y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def record(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; `revive` reads it back."""
    body = {name: getattr(plan, name) for name in plan.__struct_fields__}
    body |= {"schema": SCHEMA, "hash": "", "steps": [written(step) for step in plan.steps]}
    if not plan.way:
        del body["way"]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
    return plain


def with_hash(plan: Plan) -> dict[str, Any]:
    """The record of a plan together with its hash, as approvers see it."""
    return record(plan) | {"hash": plan.hash}


def revive(body: dict[str, Any], catalog: StepCatalog) -> Plan:
    """The plan that `record` wrote; its steps are looked up in `catalog`."""
    fields = {n: body[n] for n in Plan.__struct_fields__ if n != "steps" and n in body}
    header = msgspec.convert(fields | {"steps": ()}, Plan)
    steps = tuple(catalog.revive(step) for step in body["steps"])
    return msgspec.structs.replace(header, steps=steps)
