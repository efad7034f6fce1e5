"""Plans in files: written for an approver, held against today's before they are applied."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops import github
from hrmsops.errors.plan import PlanChanged, PlanNotWritable, PlanUnreadable

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.console.plans import Unsaid
    from hrmsops.engine.plan import Plan

SHORT_MAX = 160


def hand_out(path: Path, plan: Plan, manner: Manner, *, is_agreed: bool = False) -> None:
    """The plan into its file, and what has to be said for it to be applied.

    `is_agreed`: it was confirmed when its run began. Raises ConfirmationDiffers for a name that
    would be refused then.
    """
    from hrmsops.console import output, plans

    confirmation = () if is_agreed else _confirmation(plan, manner)
    unsaid = (*confirmation, *manner.unsaid)
    write(path, plan)
    if github.is_here():
        from hrmsops.github import telling

        telling.of_unsaid(plan, unsaid)
    if manner.json:
        needs = [each.flag for each in unsaid]
        output.write_json("plan", {**plans.document(plan), "needs": needs})
        return
    output.say(f"Plan {plan.hash} is in {path}; nothing was changed.")
    flags = " ".join([f"--plan {shlex.quote(str(path))}", *(each.flag for each in unsaid)])
    output.say(f"Next: the same command with {flags}", style="fix")


def _confirmation(plan: Plan, manner: Manner) -> Iterator[Unsaid]:
    from hrmsops.console import plans
    from hrmsops.errors.usage import ConfirmationDiffers

    name, is_for_good = plans.name_of(plan), plans.is_for_good(plan)
    if manner.confirm not in (None, name):
        raise ConfirmationDiffers(given=str(manner.confirm), name=name, undoable=not is_for_good)
    if is_for_good and manner.confirm is None:
        flag = f"--confirm {shlex.quote(name)}"
        yield plans.Unsaid(flag=flag, why="Not all of it can be taken back.")


def write(path: Path, plan: Plan) -> None:
    """The plan and its hash as indented JSON."""
    from hrmsops.engine.plan import with_hash

    text = msgspec.json.format(msgspec.json.encode(with_hash(plan)), indent=2)
    try:
        path.write_bytes(text + b"\n")
    except OSError as error:
        raise PlanNotWritable(path=str(path), why=f"{error.strerror}.") from error


def reason_in(path: Path) -> str:
    """The reason that was approved with the plan."""
    return str(_read(path).get("reason", ""))


def hash_in(path: Path) -> str:
    """The name of the plan that was approved."""
    return str(_read(path)["hash"])


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
    pairs = [(n, approved["subject"].get(n), value) for n, value in now["subject"].items()]
    pairs += [
        (name, approved.get(name), now[name]) for name in ("environment", "command", "reason")
    ]
    told = [f"{name}: {was} is now {value}" for name, was, value in pairs if was != value]
    for name in ("because", "warnings"):
        was, value = approved.get(name) or [], now[name]
        told += [f"no longer so: {_short(each)}" for each in was if each not in value]
        told += [f"new: {_short(each)}" for each in value if each not in was]
    return told


def _short(text: str) -> str:
    return text.rstrip(".") if len(text) <= SHORT_MAX else f"{text[:SHORT_MAX]}…"
