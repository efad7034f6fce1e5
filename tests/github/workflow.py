"""A step of a workflow: the variables and files that GitHub's runner gives it, and how it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

OUTPUT = re.compile(r"^(?P<name>[\w-]+)<<(?P<end>\w+)\n(?P<value>.*?)\n(?P=end)\n", re.M | re.S)
COMMAND = re.compile(
    r"^\s*::(?P<word>[\w-]+)(?: (?P<properties>[^:]*(?:%3A[^:]*)*))?::(?P<text>.*)$"
)

OLD_COMMAND = re.compile(r"##\[(?P<word>[\w-]+)[^\]]*\](?P<text>.*)$")
"""Obeyed too, wherever in a line it stands."""


@dataclass(frozen=True)
class Runner:
    """The files of one step."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }

    @property
    def outputs(self) -> dict[str, str]:
        """What later steps read; the last of a name counts."""
        file = self.folder / "output"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        assert OUTPUT.sub("", text) == "", "every line belongs to an output"
        return {found["name"]: found["value"] for found in OUTPUT.finditer(text)}

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text(encoding="utf-8")

    def next_step(self) -> Runner:
        """The files of the step after this one."""
        folder = self.folder / "next"
        folder.mkdir()
        return Runner(folder)


def commands(log: str) -> list[tuple[str, str]]:
    """The workflow commands of a log in order, each with its text."""
    found = (COMMAND.match(line) or OLD_COMMAND.search(line) for line in log.splitlines())
    return [(each["word"], each["text"]) for each in found if each]
