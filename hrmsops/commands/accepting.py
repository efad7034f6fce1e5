"""`--accept CODE`: only a refusal that the command knows can be overridden."""

from __future__ import annotations

from collections.abc import Mapping

import typer

CUTOVER = ("binding-in-secret", "candidate-unhealthy", "clone-too-small", "fence-impossible")
BACKUP = ("backup-of-another-instance", "backup-of-another-version", "no-fresh-backup")
RECORD = ("local-record",)
"""Every run has a record, and its place may be refused."""
_OWN: Mapping[str, tuple[str, ...]] = {
    "backfill": (),
    "hold off": ("recovery-unfinished",),
    "hold on": (),
    "mark-good": (),
    "migrate": (
        "code-behind-database",
        "half-applied",
        "models-without-migration",
        "no-backup",
        "system-checks-failed",
    ),
    "replay": ("damage-on-record", "damage-wrote-nothing"),
    "rollback app": ("candidate-unhealthy", "schema-does-not-fit"),
    "rollback backup": (*BACKUP, *CUTOVER, "hold-skipped"),
    "rollback cutback": ("candidate-unhealthy", "fence-impossible"),
    "rollback migration": (
        "candidate-unhealthy",
        "half-reversed",
        "no-backup",
        "reverse-differs",
        "reverse-is-fake",
        "reverse-is-lossy",
        "schema-does-not-fit",
    ),
    "rollback pitr": (*CUTOVER, "hold-skipped"),
    "rollback undo-copy": (),
    "seed": (),
    "table partition": (),
    "unpin": ("candidate-unhealthy", "latest-not-eligible", "latest-was-rolled-back"),
}
REFUSALS = {command: (*codes, *RECORD) for command, codes in _OWN.items()}
"""What each command can be told to go on past; `migrate` besides at every rule of `check`."""


def known_refusals(context: typer.Context, codes: list[str] | None) -> list[str] | None:
    """The codes as they were typed, once each of them is one that the command refuses with."""
    command = context.command_path.partition(" ")[2]
    known = refusals_of(command) if codes else ()
    for code in codes or ():
        if code not in known:
            from hrmsops.errors.usage import NoSuchRefusal

            raise NoSuchRefusal(code=code, command=f"hrmsops {command}", known=_told(command, code))
    return codes


def refusals_of(command: str) -> tuple[str, ...]:
    """The codes that a command takes."""
    if command != "migrate":
        return REFUSALS[command]
    from hrmsops.safety.rules import all_rules

    return (*REFUSALS[command], *all_rules())


def _told(command: str, code: str) -> tuple[str, ...]:
    """The codes that look like the one that was typed, else all but the many rules."""
    from difflib import get_close_matches

    near = get_close_matches(code, refusals_of(command), n=3)
    return tuple(near) or REFUSALS[command]
