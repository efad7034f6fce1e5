"""The command line in a pipe: streams that close, fill up or are read by nobody any more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hrmsops.console import output
from hrmsops.console.gcloud_line import Place
from hrmsops.console.next_command import acts_in, completed, completed_as_typed, typed
from hrmsops.errors.cloud_sql import InstanceBusy
from tests.command_line import DEADLINE_SECONDS, Ended, environment
from tests.fixtures.commands import commands

ROLLBACK = ["rollback", "app", "-e", "production", "--config", "ops/my prod.toml"]


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, where `hrmsops` is ours."""
    run = f'hrmsops() {{ "{sys.executable}" -m hrmsops "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", run],
        cwd=cwd,
        env=environment(HRMSOPS_STATE_DIR=str(cwd / "state")),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def unread(*words: str, cwd: Path, stream: str) -> Ended:
    """Run a command one of whose streams is a pipe that was closed at its other end."""
    reading, writing = os.pipe()
    os.close(reading)
    is_stdout = stream == "stdout"
    process = subprocess.Popen(
        [sys.executable, "-m", "hrmsops", *words],
        cwd=cwd,
        env=environment(HRMSOPS_STATE_DIR=str(cwd / "state")),
        stdin=subprocess.DEVNULL,
        stdout=writing if is_stdout else subprocess.PIPE,
        stderr=subprocess.PIPE if is_stdout else writing,
        text=True,
    )
    os.close(writing)
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    return Ended(code=process.returncode, out=out or "", err=err or "")


@pytest.mark.parametrize("words", ["explain", "explain --json", "runs --json", "--help"])
def test_a_reader_that_has_seen_enough_is_no_error(words: str, tmp_path: Path) -> None:
    ended = unread(*words.split(), cwd=tmp_path, stream="stdout")
    assert (ended.code, ended.err) == (0, "")


def test_an_error_keeps_its_exit_code_where_nobody_reads_it(tmp_path: Path) -> None:
    for words, stream in ((["resume"], "stderr"), (["resume", "--json"], "stdout")):
        ended = unread(*words, cwd=tmp_path, stream=stream)
        assert ended == Ended(code=2, out="", err="")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_that_the_shell_closed_is_no_defect(closed: str, tmp_path: Path) -> None:
    ended = shell(f"hrmsops explain lease-held {closed}", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_full_disk_behind_stdout_is_told_on_stderr(tmp_path: Path) -> None:
    ended = shell("hrmsops explain --json > /dev/full", tmp_path)
    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_next_command_names_what_was_typed() -> None:
    assert completed_as_typed("hrmsops status", ROLLBACK) == (
        "hrmsops status -e production --config 'ops/my prod.toml'"
    )
    assert completed_as_typed("hrmsops resume 1", ROLLBACK) == (
        "hrmsops resume 1 --config 'ops/my prod.toml'"
    )
    assert completed_as_typed("hrmsops rollback app -e staging", ["-eproduction"]) == (
        "hrmsops rollback app -e staging"
    )
    assert completed_as_typed("hrmsops unpin", ["--env=production"]) == (
        "hrmsops unpin -e production"
    )


def test_what_takes_no_environment_or_is_no_command_stays_as_it_is() -> None:
    for line in (
        "hrmsops",
        "hrmsops explain lease-held",
        "hrmsops rollback app --help",
        "Make one with --plan-out FILE.",
        "Say why it isn't so",
    ):
        assert completed(line, env="production", config="x.toml") == line


def test_the_next_command_takes_what_was_typed_where_it_can() -> None:
    """But for `check`: a database is asked only where that was said; a run knows where it was.

    And of a sandbox the environment is chosen where it is named.
    """
    known = dict(commands())
    groups = {name.rpartition(" ")[0] for name in known} - {"rollback", "runs"}
    flags = {"--env": " -e x", "--proxy": " --proxy", "--config": " --config c"}
    left_out = {
        "--env": {"check", "replay", "runs", "runs prune", "sandbox env"},
        "--proxy": {"check"},
    }
    for option, flag in flags.items():
        taking = {name for name, options in known.items() if option in options}
        told = {
            name
            for name in known.keys() - groups
            if flag in completed(f"hrmsops {name}", env="x", config="c", proxy=True)
        }
        assert told == taking - left_out.get(option, set())


def test_of_two_commands_each_is_made_whole_and_a_reason_stays_a_reason() -> None:
    assert completed_as_typed("hrmsops runs abandon 1, then hrmsops migrate", ROLLBACK) == (
        "hrmsops runs abandon 1 --config 'ops/my prod.toml', then "
        "hrmsops migrate -e production --config 'ops/my prod.toml'"
    )
    assert completed_as_typed("hrmsops runs abandon 1, then the same command", ROLLBACK) == (
        "hrmsops runs abandon 1 --config 'ops/my prod.toml', then the same command"
    )
    reason = "--reason 'slow, then gone'"
    assert completed_as_typed(f"hrmsops hold on {reason}", ["-e", "x"]) == (
        f"hrmsops hold on {reason} -e x"
    )


def test_a_command_that_is_shown_is_as_whole_as_the_one_that_was_typed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with typed([*ROLLBACK, "--proxy", "--", "-e", "staging"]):
        output.command("Record: ", "hrmsops runs show 1")
        output.next_step("hrmsops rollback cutback 1")
    output.command("Back: ", "hrmsops unpin")

    shown = capsys.readouterr()
    config = "--config 'ops/my prod.toml'"
    assert shown.out == f"Record: hrmsops runs show 1 {config}\nBack: hrmsops unpin\n"
    assert shown.err == f"Next: hrmsops rollback cutback 1 -e production {config} --proxy\n"


def test_a_run_that_began_by_a_tunnel_is_followed_by_commands_that_take_it() -> None:
    before = ["rollback", "pitr", "-e", "production", "--promote", "--proxy"]
    for line in (
        "hrmsops rollback cutback 1 -e production",
        "hrmsops rollback undo-copy 1 -e production",
        "hrmsops backfill --resume --backfill x -e production",
        "hrmsops table partition core_auditlog --undo -e production --reason 'undo 1'",
    ):
        assert completed_as_typed(line, before) == f"{line} --proxy"
        assert completed_as_typed(f"{line} --proxy", before) == f"{line} --proxy"
    assert completed_as_typed("hrmsops replay 1", before) == "hrmsops replay 1 --proxy"
    assert completed_as_typed("hrmsops hold status", before) == "hrmsops hold status -e production"


def test_a_line_for_gcloud_names_the_project_and_the_region_of_the_environment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = "--region=us-central1 --project=nhia-hrms"
    cases = {
        "gcloud sql instances list": "--project=nhia-hrms",
        "gcloud sql backups list --project other": "",
        "gcloud run jobs executions describe x": where,
        "gcloud auth application-default login": "",
        "gcloud run services delete x --region r --project p": "",
    }
    busy = InstanceBusy(instance="pg-0001", why="It takes a backup.")
    with typed(["status"]):
        acts_in(Place("nhia-hrms", "us-central1"))
        found = {line: completed_as_typed(line) for line in cases}
        into = completed_as_typed("gcloud logging read x --format=json > FILE")
        output.error(busy, json=False)

    assert found == {line: f"{line} {added}".rstrip() for line, added in cases.items()}
    assert into == "gcloud logging read x --format=json --project=nhia-hrms > FILE"
    assert f"Fix:   {busy.fix} --project=nhia-hrms\n" in capsys.readouterr().err
    assert completed_as_typed("gcloud sql instances list") == "gcloud sql instances list"


def test_init_names_the_file_that_the_folder_does_not_lead_to(tmp_path: Path) -> None:
    answers = "--environment staging --kind staging --project nhia-hrms --region us-central1"
    made = f"hrmsops init {answers} --service api --json"
    here, elsewhere = (shell(f"{made} --path {path}", tmp_path) for path in ("hrmsops.toml", "x"))
    assert '"next":"hrmsops status --env staging"' in here.stdout
    assert '"next":"hrmsops status --env staging --config x"' in elsewhere.stdout
