"""Plans in files: written for an approver, held against today's before they are applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.errors.run import PlanChanged, PlanUnreadable

if TYPE_CHECKING:
    from hrmsops.engine.plan import Plan


def write(path: Path, plan: Plan) -> None:
    """The plan and its hash as indented JSON."""
    from hrmsops.engine.plan import with_hash

    text = msgspec.json.format(msgspec.json.encode(with_hash(plan)), indent=2)
    try:
        path.write_bytes(text + b"\n")
    except OSError as error:
        raise PlanUnreadable(
            path=str(path), why=f"It cannot be written: {error.strerror}."
        ) from error


def reason_in(path: Path) -> str:
    """The reason that was approved with the plan."""
    return str(_read(path).get("reason", ""))


def hold_against(path: Path, plan: Plan) -> None:
    """Return where `plan` is what was approved; else raise PlanChanged with the differences."""
    from hrmsops.engine.plan import with_hash

    approved, now = _read(path), with_hash(plan)
    if approved["hash"] != now["hash"]:
        raise PlanChanged(
            approved=str(approved["hash"]),
            now=str(now["hash"]),
            differences=tuple(_differences(approved, now)),
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise PlanUnreadable(path=str(path), why=f"It cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise PlanUnreadable(path=str(path), why=f"It is not JSON: {error}.") from error
    if not isinstance(found, dict) or not {"hash", "steps", "subject"} <= found.keys():
        raise PlanUnreadable(path=str(path), why="It has no hash, steps and subject.")
    return found


def _differences(approved: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = ("environment", "command", "reason", "because", "warnings")
    pairs = [(name, approved.get(name), now[name]) for name in names]
    pairs += [(n, approved["subject"].get(n), value) for n, value in now["subject"].items()]
    return [f"{n}: {_short(was)} is now {_short(value)}" for n, was, value in pairs if was != value]


def _short(value: object) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 160 else f"{text[:160]}…"
