"""What the pictures show: the command of each, in the order in which they are typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture. `before` is typed to come there, and not shown."""

    name: str
    command: str
    """What is typed; TIME is the moment of the harm."""
    before: tuple[str, ...] = ()
    is_result: bool = False
    """Only what it wrote to stdout: no line that moves."""
    until: str = ""
    """The words at which the picture is taken, "" for its end."""


SCENES = (
    Scene(
        name="check",
        command="hrmsops check project",
        before=("hrmsops sandbox project --release 2024.3-lossy --dir .",),
    ),
    Scene(
        name="rollback-pitr",
        command="hrmsops rollback pitr -e production --at TIME --promote --reason 'lost rows'",
        until=" to go on:",
    ),
    Scene(name="drill", command="hrmsops drill bad-release", is_result=True),
    Scene(
        name="status",
        command="hrmsops status -e production",
        before=("hrmsops rollback app -e production --reason 'Error spike' --yes",),
    ),
)
