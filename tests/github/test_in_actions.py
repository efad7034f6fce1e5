"""hrmsops as a step of a workflow: groups, annotations, summary and outputs tell what was done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.github.workflow import Runner, commands
from tests.rollback.production import Production, to

ROLLBACK = ("rollback", "app", "-e", "production", "--reason", "Error spike")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder = tmp_path / "runner"
    folder.mkdir()
    return Runner(folder)


def test_a_plan_is_approved_in_one_job_and_applied_in_another(
    production: Production, runner: Runner
) -> None:
    first, _ = production.revisions

    planned = production.hrmsops(*ROLLBACK, "--plan-out", "plan.json", **runner.variables)

    assert planned.code == 0, planned.err
    wanted = json.loads((production.folder / "plan.json").read_text())["hash"]
    assert runner.outputs == {"plan-hash": wanted, "needs": "", "exit-code": "0"}
    assert runner.summary.startswith(f"## Plan `{wanted}`: rollback app on production\n")
    assert "Reason: Error spike" in runner.summary
    [pinned] = [text for word, text in commands(planned.err) if word == "warning"]
    assert "unpin" in pinned
    assert [word for word, _ in commands(planned.err)][1:] == ["group", "endgroup"]

    applying = runner.next_step()
    applied = production.hrmsops(
        *("rollback", "app", "-e", "production", "--plan", "plan.json"),
        *("--config", "hrmsops.toml"),
        **applying.variables,
    )

    assert applied.code == 0, applied.err
    assert production.shares == {first: 100}
    outputs = applying.outputs
    assert (outputs["plan-hash"], outputs["exit-code"], outputs["next"]) == (wanted, "0", "")
    assert f"hrmsops runs show {outputs['run']} --config hrmsops.toml\n" in applying.summary
    [back] = [each for each in applying.summary.splitlines() if each.endswith("# takes it back")]
    assert " --config hrmsops.toml " in back
    assert "## ✅ Done: rollback app on production" in applying.summary
    told = commands(applied.err)
    titles = [text for word, text in told if word == "group"]
    assert titles[0].startswith(f"Plan {wanted}: ")
    assert [title[:2] for title in titles[1:]] == [f"{n + 1}/" for n in range(len(titles) - 1)]
    assert len(titles) == [word for word, _ in told].count("endgroup")
    assert told[-1][0] == "notice"


def test_what_goes_wrong_is_an_annotation_and_names_the_command_that_mends_it(
    production: Production, runner: Runner
) -> None:
    first, _ = production.revisions
    assert production.hrmsops(*ROLLBACK, "--plan-out", "plan.json").code == 0
    production.set_traffic(to(first))

    ended = production.hrmsops(*ROLLBACK, "--plan", "plan.json", "--json", **runner.variables)

    assert ended.code == ended.document["error"]["exit_code"] == int(runner.outputs["exit-code"])
    [(word, text)] = [each for each in commands(ended.err) if each[0] == "error"]
    assert word == "error"
    assert text.startswith(ended.document["error"]["what"].replace("%", "%25"))
    assert "%0AFix: " in text
    assert f"`hrmsops explain {ended.document['error']['code']}`" in runner.summary


def test_a_reason_can_add_no_output_no_command_and_no_markup(
    production: Production, runner: Runner
) -> None:
    reason = (
        "x\n::error::y\nhrmsops_0\nrun<<A\n<img src=x> | `z` ::set-output name=run::q\x1b[2J\n"
        "%0A::stop-commands::y\n  ::add-mask::y\n~~q~~ &lt; ##[add-mask]y"
    )

    ended = production.hrmsops(
        "rollback", "app", "-e", "production", "--reason", reason, "--yes", **runner.variables
    )

    assert ended.code == 0, ended.err
    assert set(runner.outputs) == {"run", "plan-hash", "next", "exit-code"}
    assert "y" not in [text for _, text in commands(ended.err)]
    assert "\\<img src=x\\> \\| \\`z\\`" in runner.summary
    assert "\\~\\~q\\~\\~ \\&lt;" in runner.summary
    assert "\x1b" not in runner.summary + ended.err
    show = ("runs", "show", runner.outputs["run"])
    shown = production.hrmsops(*show, **runner.variables)
    assert ": :add-mask::y" in shown.out
    document = production.hrmsops(*show, "--json", **runner.variables)
    assert commands(shown.out + shown.err + document.out) == []
    assert document.document["reason"].endswith("##[add-mask]y")


def test_a_summary_that_is_full_is_not_written_beyond_its_limit(
    production: Production, runner: Runner
) -> None:
    file = runner.folder / "summary.md"
    file.write_text("x" * (1024 * 1024 - 300))

    ended = production.hrmsops(*ROLLBACK, "--dry-run", **runner.variables)

    assert ended.code == 0
    assert file.stat().st_size <= 1024 * 1024
    assert runner.summary.endswith("`hrmsops runs show` has all.*\n")
    assert "::group::Plan" in ended.out  # On stdout, where the plan is the result.


def test_outside_of_a_workflow_nothing_of_it_is_written(
    production: Production, runner: Runner
) -> None:
    ended = production.hrmsops(*ROLLBACK, "--dry-run", **{**runner.variables, "GITHUB_ACTIONS": ""})

    assert ended.code == 0
    assert "::group::" not in ended.out + ended.err
    assert list(runner.folder.iterdir()) == []


def test_a_file_that_the_runner_did_not_make_changes_nothing_of_the_exit_code(
    production: Production, runner: Runner
) -> None:
    lost = dict.fromkeys(("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"), "/nowhere/at/all")

    ended = production.hrmsops(*ROLLBACK, "--dry-run", **{**runner.variables, **lost})

    assert ended.code == 0, ended.err
