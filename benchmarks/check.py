"""`hrmsops check` on 500 migrations beside django-migration-linter, and on 1,400 by itself."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import harness
from benchmarks.migrations import write_project

MIGRATIONS = 500
LARGE = 1_400
SECONDS_MAX = 0.5
LARGE_SECONDS_MAX = 1.2
LARGE_MEBIBYTES_MAX = 150
RATIO = 0.06
LINTER = (
    "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'settings'; django.setup(); "
    "from django.core.management import call_command; "
    "call_command('lintmigrations', no_cache=True, warnings_as_errors=None)"
)


def main(words: list[str]) -> int:
    """Measure, report, and exit 1 where a goal was missed."""
    chosen = harness.options(words)
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        write_project(small, apps=10, migrations=MIGRATIONS // 10)
        write_project(large, apps=28, migrations=LARGE // 28)
        samples = harness.in_turn(
            partial(_check, small),
            partial(_linter, small),
            pairs=2 if chosen.quick else 7,
            warm_ups=1,
        )
        alone = [_check(large) for _ in range(2 if chosen.quick else 7)]
    rows = [
        *harness.rows(f"{MIGRATIONS} migrations", samples, goal=RATIO),
        _limit(
            f"{MIGRATIONS} migrations, whole", "s", [o.seconds for o, _ in samples], SECONDS_MAX
        ),
        _limit(f"{LARGE} migrations", "s", [each.seconds for each in alone], LARGE_SECONDS_MAX),
        _limit(
            f"{LARGE} migrations: memory",
            "MiB",
            [each.peak_bytes / 2**20 for each in alone],
            LARGE_MEBIBYTES_MAX,
        ),
    ]
    return harness.report("check", rows, as_json=chosen.json)


def _check(folder: Path) -> harness.Sample:
    return harness.run(
        [sys.executable, "-m", "hrmsops", "check", str(folder), "--json"], accepted={0, 3}
    )


def _linter(folder: Path) -> harness.Sample:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return harness.run(
        [sys.executable, "-c", LINTER], environment=environment, folder=folder, accepted={0, 1}
    )


def _limit(what: str, unit: str, found: list[float], most: float) -> harness.Row:
    """Our own figure held against a limit: the ratio to it has to stay below one."""
    return harness.row(what, unit, [(each, most) for each in found], goal=1.0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
