"""An environment that is looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import typer

from hrmsops import config, steps
from hrmsops.cli import app
from hrmsops.doctor.around import Around
from hrmsops.doctor.check import Finding
from hrmsops.doctor.commands import EVERY
from hrmsops.doctor.examining import Examination, checks, examine
from hrmsops.engine.entries import Closed
from hrmsops.engine.journal import Journal
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Run
from hrmsops.sandbox.client import Client
from hrmsops.world import World
from tests.command_line import Ended, hrmsops
from tests.docs.lines import ERRORS, Line, commands
from tests.docs.test_lines_parse import problem
from tests.rollback.facts import NOON


@dataclass
class Patient:
    """One engineer's folder before the sandbox: a configuration, a record."""

    client: Client
    folder: Path
    variables: dict[str, str]

    @cached_property
    def file(self) -> Path:
        """The sandbox's own configuration, here to be changed."""
        text = (self.client.home.root / "hrmsops.toml").read_text()
        head, staging, tail = text.partition("[environments.staging.database]")
        tail = tail.replace('"HRMSOPS_PASSWORD"', '"STAGING_PASSWORD"')
        made = self.folder / "hrmsops.toml"
        made.write_text(head + staging + tail)
        return made

    def configure(self, old: str, new: str) -> None:
        """Say something else in the configuration."""
        text = self.file.read_text()
        assert old in text, f"{old} is not configured"
        self.file.write_text(text.replace(old, new))

    def world(self, env: str = "production") -> World:
        loaded = config.load(self.file)
        return World(loaded.environment(env), config=loaded)

    def examined(
        self, *titles: str, env: str = "production", commands: frozenset[str] = EVERY
    ) -> Examination:
        """What those checks find, or all."""
        # However loaded this machine is, what is asked is what is found, not how fast.
        asked = [
            replace(each, seconds_max=60) for each in checks() if not titles or each.title in titles
        ]
        found = examine(self.around(env, commands), asked)
        assert not [wrong for each in found.examined if (wrong := _mistyped(each.finding.mend))]
        return found

    def around(self, env: str = "production", commands: frozenset[str] = EVERY) -> Around:
        world = self.world(env)
        return Around(world, lambda: world.journal(steps.catalog()), commands)

    def finds(self, title: str, env: str = "production") -> tuple[Finding, ...]:
        """What one check finds."""
        return tuple(each.finding for each in self.examined(title, env=env).examined)

    def finding(self, title: str, env: str = "production") -> Finding:
        """The one thing that a check finds."""
        [found] = self.finds(title, env)
        return found

    def state(self, title: str, env: str = "production") -> str:
        """The worst of what a check finds."""
        order = ("good", "unknown", "warning", "bad")
        return max((each.state for each in self.finds(title, env)), key=order.index)

    def hrmsops(self, *words: str, **variables: str) -> Ended:
        """Type a command line in the folder of the configuration."""
        assert self.file.exists()
        return hrmsops(*words, cwd=self.folder, **self.variables | variables)

    def journal(self) -> Journal:
        return self.world().journal(steps.catalog())

    def ran(self, run: str, *, outcome: str | None = "done", **subject: str) -> Run:
        """A run on record, without a step; with `outcome` None it was left unfinished."""
        plan = Plan(
            run=run,
            made_at=NOON,
            command="rollback pitr",
            environment="production",
            reason="x",
            headline="a cutover",
            subject={"service": self.world().service_name, **subject},
            because=(),
            warnings=(),
            undo=None,
            steps=(),
        )
        made = self.journal().begin(plan, fence=1)
        if outcome:
            made.record(Closed(outcome=outcome, exit_code=0))
        return made


def _mistyped(mend: str) -> str:
    """What the command line of today does not understand of a mend, or nothing."""
    root = typer.main.get_command(app)
    typed = [Line(ERRORS, 1, words, is_whole=True) for words in commands(mend)]
    return "; ".join(problem(root, line) for line in typed if line.words[0] == "hrmsops")
