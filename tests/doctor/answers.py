"""What the sandbox answers, as field names and kinds: `python -m tests.doctor.answers CONFIG`.

Writes `hrmsops/doctor/sandbox_answers.json` of the production that CONFIG leads to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hrmsops import config, steps
from hrmsops.doctor.around import Around
from hrmsops.doctor.commands import EVERY
from hrmsops.doctor.conformance import KNOWN, reads, sandbox_answers
from hrmsops.world import World


def main(file: Path) -> None:
    """Add what is new to what is known: what a field is like depends on what has happened."""
    loaded = config.load(file)
    world = World(loaded.environment("production"), config=loaded)
    around = Around(world, lambda: world.journal(steps.catalog()), EVERY)
    known = sandbox_answers() if KNOWN.exists() else {}
    found = {
        each.name: sorted({*known.get(each.name, ()), *each.ask().fields}) for each in reads(around)
    }
    KNOWN.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
