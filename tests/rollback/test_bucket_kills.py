"""SIGKILL of `rollback app` in a write of its record, which is in a bucket: the same end.

These are a few of the writes; test_bucket_kills_all.py has every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rollback.dying_in_bucket import WORDS, Team
from tests.rollback.production import Production

pytestmark = pytest.mark.slow

THE_LEASE, INTENT_OF_THE_SHIFT, END_OF_THE_SHIFT = 2, 9, 11
"""Which of the writes it is; before the first lease of a bucket there is one that nobody holds."""


@pytest.mark.parametrize(
    ("nth", "kind"),
    [(THE_LEASE, "hang-after"), (INTENT_OF_THE_SHIFT, "hang-after"), (END_OF_THE_SHIFT, "hang")],
)
def test_a_kill_in_a_write_of_the_record_ends_the_same_in_another_folder(
    production: Production, tmp_path: Path, nth: int, kind: str
) -> None:
    team = Team.of(production, tmp_path / "laptop")
    generation = int(production.document["generation"])

    team.kill_at(nth, kind)
    left = team.lease().holder()
    if nth == END_OF_THE_SHIFT:
        refused = team.on_laptop(*WORDS)
        assert refused.document["error"]["code"] == "lease-held", "Elsewhere it may be alive."
    team.go_on(host="")

    assert left is not None
    team.assert_one_rollback(generation=generation, fence=left.fence)
