"""action.yml: a command line is split into words, and nothing in it is expanded."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import ROOT, Ended, on_path
from tests.github.jobs import Facts, evaluated, load, run_script
from tests.github.workflow import Runner
from tests.rollback.production import Production

REASON = """O'Brien's "spike" $(touch pwned) `touch pwned` --yes"""


def use(production: Production, folder: Path, **inputs: str) -> Ended:
    """The action's last step, with hrmsops where its first one would have installed it."""
    folder.mkdir()
    on_path(folder / "hrmsops/bin")
    action = load(ROOT / "action.yml")
    defaults = {name: str(each["default"]) for name, each in action["inputs"].items()}
    contexts = {"inputs": Facts(defaults | inputs)}
    step = action["runs"]["steps"][-1]
    own = {name: evaluated(value, contexts) for name, value in step["env"].items()}
    variables = production.environment(RUNNER_TEMP=str(folder), **Runner(folder).variables, **own)
    return run_script(step["run"], variables, folder=folder, cwd=production.folder)


def test_the_action_plans_and_applies_as_the_command_line_does(
    production: Production, tmp_path: Path
) -> None:
    first, second = production.revisions
    words = "rollback app -e production --plan-out 'the plan, $(touch pwned).json'"

    planned = use(production, tmp_path / "the plan", command=words, reason=REASON)

    assert planned.code == 0, planned.err
    [file] = production.folder.glob("the plan, *.json")
    plan = json.loads(file.read_text())
    assert plan["reason"] == REASON
    outputs = load(ROOT / "action.yml")["outputs"]
    assert set(Runner(tmp_path / "the plan").outputs) == {"plan-hash", "needs", "exit-code"}
    assert production.shares == {second: 100}
    words = words.replace("--plan-out", "--plan")
    applied = use(production, tmp_path / "the application", command=words, reason=REASON)
    assert applied.code == 0, applied.err
    assert set(Runner(tmp_path / "the application").outputs) == set(outputs) - {"needs"}
    assert production.shares == {first: 100}
    assert not list(production.folder.rglob("pwned"))


def test_a_command_that_cannot_be_split_is_not_run(production: Production, tmp_path: Path) -> None:
    ended = use(production, tmp_path / "split", command="rollback app --reason 'it")

    assert ended.code != 0
    assert "No closing quotation" in ended.err
    assert not (tmp_path / "split/output").exists()
