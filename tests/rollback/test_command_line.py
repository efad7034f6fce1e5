"""hrmsops in a pipe against a service that runs: the work ends well, whoever reads."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.rollback.production import Production, to


def test_a_rollback_whose_talk_nobody_reads_is_done_all_the_same(production: Production) -> None:
    old, _ = production.revisions
    reading, writing = os.pipe()
    os.close(reading)
    words = ["rollback", "app", "-e", "production", "--reason", "Error spike", "--yes"]
    ended = subprocess.run(
        [sys.executable, "-m", "hrmsops", *words],
        cwd=production.folder,
        env=production.environment(),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert ended.returncode == 0
    assert production.shares == {old: 100}


def test_the_commands_that_are_shown_name_the_configuration_that_was_named(
    production: Production,
) -> None:
    (production.folder / "hrmsops.toml").rename(production.folder / "ours.toml")
    words = ["-e", "production", "--config", "ours.toml"]

    done = production.hrmsops("rollback", "app", *words, "--reason", "x", "--yes")

    assert done.code == 0
    assert done.out.rstrip().endswith("--config ours.toml")
    refused = production.hrmsops("rollback", "app", *words, "--reason", "x", "--yes")
    assert "Fix:   hrmsops status -e production --config ours.toml\n" in refused.err


def test_to_have_left_the_cloud_to_its_work_is_not_shown_as_a_failure(
    production: Production,
) -> None:
    production.client.arm(kind="stall", operation="services.traffic", seconds=3)
    words = ("rollback", "app", "-e", "production", "--reason", "x", "--yes", "--detach")
    left = production.hrmsops(*words)
    assert left.code == 8
    assert "Still running in the cloud" in left.err
    assert "failed" not in left.err

    status = production.hrmsops("status", "-e", "production")
    (run,) = [line for line in status.out.splitlines() if line.startswith("Next: ")]
    assert production.hrmsops(*run.removeprefix("Next: hrmsops ").split()).code == 0


def test_a_stale_plan_says_what_changed_and_nothing_else(production: Production) -> None:
    _, new = production.revisions
    words = ("rollback", "app", "-e", "production", "--revision", production.revisions[0])
    assert production.hrmsops(*words, "--reason", "x", "--plan-out", "plan.json").code == 0
    production.set_traffic(to(new))

    stale = production.hrmsops(*words, "--plan", "plan.json")

    assert stale.code == 5
    (why,) = [line for line in stale.err.splitlines() if line.startswith("Why:")]
    now = f"100 % to {new} (asked for: 100 % to"
    assert why == (
        f"Why:   no longer so: Now: {now} the latest revision); new: Now: {now} {new}); "
        "no longer so: Deploys get no traffic from then on, until hrmsops unpin"
    )


def test_no_line_of_a_status_in_a_pipe_ends_in_blanks(production: Production) -> None:
    status = production.hrmsops("status", "-e", "production")
    assert status.code == 0
    assert [line for line in status.out.splitlines() if line != line.rstrip()] == []


def test_a_reason_that_is_no_utf_8_is_kept_as_far_as_it_can_be_read(production: Production) -> None:
    ended = production.rollback("--reason", os.fsdecode(b"caf\xe9 \xc3\xbc"))
    assert ended.code == 0, ended.out
    assert ended.document["reason"] == "caf\ufffd ü"
