"""The baseline: an earlier report, whose findings are not told again."""

from __future__ import annotations

import json
from pathlib import Path

from hrmsops.errors.safety import BaselineNotReadable
from hrmsops.safety.suppression import Baseline


def read_baseline(path: Path) -> Baseline:
    """The fingerprints of a report that was written with `--format json`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = document["findings"]
        prints = {
            f"{each['rule']} {each['app']}.{each['migration']} {each['operation']}"
            for each in found
        }
    except OSError as error:
        problem = f"The system says: {error.strerror}."
        raise BaselineNotReadable(file=str(path), problem=problem) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineNotReadable(
            file=str(path), problem="It holds no list of findings."
        ) from error
    return Baseline(frozenset(prints))
