"""A job of a generated workflow, run here as GitHub's runner does: its scripts, files and inputs.

What a step `uses` is not run: the plan is handed over as the artifact would be, each job has a
checkout and a state folder of its own, and hrmsops is on the PATH without being installed.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from tests.command_line import Ended, environment, on_path
from tests.github.workflow import Runner

Meanwhile = Callable[["subprocess.Popen[str]"], object]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
NOT_HERE = {"Install hrmsops"}
"""It would ask the package index; what it says is asserted elsewhere."""


class Facts(dict[str, Any]):
    """A context of expressions: what is not there is the empty text, as GitHub has it."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: str) -> Any:
        found = self.get(name, "")
        return Facts(found) if isinstance(found, dict) else found


@dataclass
class Job:
    """One job: its steps in order, up to the first that fails."""

    workflow: Path
    name: str
    folder: Path
    """Of this job alone; `checkout` in it is where its steps run."""
    artifact: Path
    inputs: Mapping[str, str]
    variables: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, Any] = field(default_factory=dict)
    github: Mapping[str, Any] = field(default_factory=dict)
    matrix: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    """What is done in the place of a step whose program is not on this machine, by its name."""
    meanwhile: Mapping[str, Meanwhile] = field(default_factory=dict)
    """What is done while a step runs, by its name; with its process."""
    ended: dict[str, Ended] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    """The actions that would have run."""

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def runner(self) -> Runner:
        return Runner(self.folder)

    def run(self) -> Ended:
        """How the step ended that ended the job."""
        self.folder.mkdir(exist_ok=True)
        document, contexts = self._read()
        failed: Ended | None = None
        for step in document["jobs"][self.name]["steps"]:
            name = step.get("name", "")
            if name in NOT_HERE or not self._is_due(step, contexts, has_failed=failed is not None):
                continue
            if name in self.stand_ins:
                self.stand_ins[name]()
            elif "uses" in step:
                self._use(step)
            else:
                self.ended[name] = ended = self._run(step, contexts, self.meanwhile.get(name))
                failed = failed or (ended if ended.code else None)
                contexts["steps"][step.get("id", name)] = {"outputs": Facts(self.runner.outputs)}
        return failed or list(self.ended.values())[-1]

    def outputs(self) -> dict[str, str]:
        """What the job hands to those that need it."""
        document, contexts = self._read()
        declared = document["jobs"][self.name]["outputs"]
        return {name: evaluated(value, contexts) for name, value in declared.items()}

    def _read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        document = load(self.workflow)
        return document, self._contexts(document, document["jobs"][self.name])

    def _contexts(self, document: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
        declared = (document["on"]["workflow_dispatch"] or {}).get("inputs", {})
        inputs = {name: each.get("default", "") for name, each in declared.items()}
        unknown = set(self.inputs) - set(declared)
        assert not unknown, f"gh would refuse -f {unknown}"
        contexts = {
            "inputs": Facts(inputs | dict(self.inputs)),
            "needs": Facts(self.needs),
            "matrix": Facts(self.matrix),
            "steps": Facts(),
            "github": Facts(self.github),
            "secrets": Facts(self.secrets),
            "env": Facts(document["env"]),
        }
        own = {name: evaluated(value, contexts) for name, value in job.get("env", {}).items()}
        contexts["env"] = Facts({**document["env"], **own})
        return contexts

    def _is_due(self, step: dict[str, Any], contexts: dict[str, Any], *, has_failed: bool) -> bool:
        """After a failure only what says that it is for then, too."""
        condition = str(step.get("if", "true")).strip().removeprefix("${{").removesuffix("}}")
        if has_failed and "cancelled()" not in condition:
            return False
        return bool(value_of(condition, contexts))

    def _use(self, step: dict[str, Any]) -> None:
        action = step["uses"].partition("@")[0]
        self.used.append(action)
        plan = self.checkout / str(step.get("with", {}).get("path", ""))
        if action == "actions/upload-artifact":
            shutil.copytree(plan, self.artifact)
        elif action == "actions/download-artifact":
            shutil.copytree(self.artifact, plan)

    def _run(
        self, step: dict[str, Any], contexts: dict[str, Any], meanwhile: Meanwhile | None
    ) -> Ended:
        own = {name: evaluated(value, contexts) for name, value in step.get("env", {}).items()}
        variables = {
            "PATH": on_path(self.folder / "bin"),
            "HRMSOPS_STATE_DIR": str(self.folder / "state"),
            **self.runner.variables,
            **self.variables,
            **contexts["env"],
            **own,
        }
        return run_script(
            step["run"], variables, folder=self.folder, cwd=self.checkout, meanwhile=meanwhile
        )


def run_script(
    text: str,
    variables: Mapping[str, str],
    *,
    folder: Path,
    cwd: Path,
    meanwhile: Meanwhile | None = None,
) -> Ended:
    """As `shell: bash` runs it: it ends at the first command that fails."""
    assert "${{" not in text, "an input would be part of the script"
    script = folder / "step.sh"
    script.write_text(text)
    process = subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if meanwhile:
            meanwhile(process)
        out, err = process.communicate(timeout=180)
    finally:
        process.kill()
    return Ended(code=process.returncode, out=out, err=err)


def cancel(process: subprocess.Popen[str]) -> None:
    """As GitHub's runner does, with more patience than its 7.5 s: its first process is told.

    Whatever is left then is killed.
    """
    first = psutil.Process(process.pid)
    began = [first, *first.children(recursive=True)]
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(60)
    for each in began:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def load(file: Path) -> dict[str, Any]:
    """A workflow as data, by YAML 1.2: `on` is a word."""
    found: dict[str, Any] = YAML(typ="safe").load(file)
    return found


def scripts(document: dict[str, Any]) -> Iterator[str]:
    """What the jobs of a workflow run."""
    for job in document["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield step["run"]


def evaluated(text: Any, contexts: Mapping[str, Any]) -> str:
    """The text with the values of its expressions."""
    return EXPRESSION.sub(lambda found: _text(value_of(found[1], contexts)), _text(text))


def value_of(expression: str, contexts: Mapping[str, Any]) -> Any:
    """GitHub's expressions, as far as the workflows have them, are nearly Python's."""
    for theirs, ours in ((r"\|\|", " or "), ("&&", " and "), (r"!(?!=)", " not ")):
        expression = re.sub(theirs, ours, expression)
    names = {
        **contexts,
        "true": True,
        "false": False,
        "cancelled": lambda: False,
        "fromJSON": lambda text: Facts(json.loads(text)),
    }
    return eval(expression.strip(), {"__builtins__": {}}, names)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
