"""Every picture, or those that are named: each command is run for real, on one sandbox."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from docs.pictures.drawing import svg
from docs.pictures.scenes import SCENES, Scene
from docs.pictures.terminal import shown

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
INSTANCE = "nhia-hrms-production-pg-0001"
PASSWORDS = {"HRMSOPS_PASSWORD": "hrms_ops", "HRMSOPS_ADMIN_PASSWORD": "postgres"}


class Stage:
    """A sandbox in a folder of its own, in which is typed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._variables = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
        }

    def rise(self) -> None:
        """Bring the sandbox up."""
        (self._folder / "bin").mkdir()
        program = self._folder / "bin" / "hrmsops"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hrmsops "$@"\n')
        program.chmod(0o755)
        self.type("hrmsops sandbox up --detach --dir sandbox", folder=self._folder)
        known = json.loads((self._sandbox / "passwords.json").read_text(encoding="utf-8"))
        self._variables |= {name: known[f"{INSTANCE}/{role}"] for name, role in PASSWORDS.items()}

    def fall(self) -> None:
        """Take it down, with all that it holds."""
        self.type("hrmsops sandbox down --destroy --yes --dir sandbox", folder=self._folder)

    def type(self, line: str, *, folder: Path | None = None) -> None:
        """A command of which nothing is shown."""
        subprocess.run(
            shlex.split(line),
            cwd=folder or self._sandbox,
            env=self._variables,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def take(self, scene: Scene) -> str:
        """The picture of a scene."""
        for line in scene.before:
            self.type(line)
        command = scene.command.replace("TIME", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        aside = " 2>/dev/null" if scene.is_result else ""
        lines = shown(
            ["/bin/sh", "-c", f"exec {command}{aside}"],
            folder=self._sandbox,
            variables=self._variables,
            until=scene.until,
        )
        return svg(scene.name, command, lines)

    @property
    def _sandbox(self) -> Path:
        return self._folder / "sandbox"


def main(names: list[str]) -> int:
    """Take the pictures and say where they are."""
    wanted = [each for each in SCENES if not names or each.name in names]
    with tempfile.TemporaryDirectory(prefix="hrmsops-pictures-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user has to come through.
        stage = Stage(Path(folder))
        stage.rise()
        try:
            for scene in wanted:
                file = FOLDER / f"{scene.name}.svg"
                file.write_text(stage.take(scene), encoding="utf-8")
                sys.stdout.write(f"{file.relative_to(ROOT)}\n")
        finally:
            stage.fall()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
