"""SIGKILL of `rollback app` in every write of its record in a bucket: another host ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.fixtures.sandboxes import add_image, bring_up, take_down
from tests.rollback.dying_in_bucket import WORDS, Team
from tests.rollback.production import Production

pytestmark = pytest.mark.slow

WRITES = 18
"""A lease that nobody holds, ours, fifteen entries, and the lease given back."""
BY_ONE_SANDBOX = 3
KINDS = ("hang", "hang-after")
FIRST_BEAT = 5
"""While the first change, whose intent is the fourth write, takes longer than a heartbeat."""
TAG_SECONDS = 15.0


def team(sandbox: Client, folder: Path, service: str) -> Team:
    """Two good revisions, the second of which serves, and the two machines that see them."""
    folder.mkdir()
    production = Production(
        client=sandbox, image=add_image(sandbox, "echo"), service=service, folder=folder
    )
    made = Team.of(production, folder / "laptop")
    production.deploy()
    production.deploy()
    return made


def a_minute_later(sandbox: Client) -> None:
    """By the bucket's clock, which alone says who is silent."""
    take_down(sandbox.home)
    bring_up(sandbox.home, "--clock-skew", "61s")


def in_turn(first: int) -> Iterator[tuple[int, str]]:
    return ((nth, kind) for nth in range(first, first + BY_ONE_SANDBOX) for kind in KINDS)


def test_the_sweep_covers_a_whole_run(own_sandbox: Client, tmp_path: Path) -> None:
    made = team(own_sandbox, tmp_path / "work", "whole")
    assert made.ci.hrmsops(*WORDS).code == 0
    assert len(list(made.written())) == WRITES
    assert WRITES % BY_ONE_SANDBOX == 0


@pytest.mark.parametrize("first", range(1, WRITES + 1, BY_ONE_SANDBOX))
def test_a_kill_in_any_write_of_the_record_ends_the_same_on_another_host(
    own_sandbox: Client, tmp_path: Path, first: int
) -> None:
    killed = []
    for nth, kind in in_turn(first):
        made = team(own_sandbox, tmp_path / f"{nth}-{kind}", f"s{nth}-{kind}")
        generation = int(made.ci.document["generation"])
        made.kill_at(nth, kind)
        killed.append((made, generation, made.lease().holder()))
    a_minute_later(own_sandbox)
    for made, generation, left in killed:
        made.go_on(host="laptop-3")
        made.assert_one_rollback(generation=generation, fence=left.fence if left else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_in_a_renewal_of_the_lease_ends_the_same_on_another_host(
    own_sandbox: Client, tmp_path: Path, kind: str
) -> None:
    made = team(own_sandbox, tmp_path / "work", f"beat-{kind}")
    generation = int(made.ci.document["generation"])
    made.kill_at(FIRST_BEAT, kind, tag_seconds=TAG_SECONDS)
    *_, last = made.written()
    left = made.lease().holder()
    a_minute_later(own_sandbox)
    made.go_on(host="laptop-3")

    assert str(last.path).endswith("/o")
    assert left is not None
    made.assert_one_rollback(generation=generation, fence=left.fence)
