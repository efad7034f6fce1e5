"""In GitHub Actions: log groups, annotations, a step summary and outputs; anywhere else nothing.

Two places know of this package: `commands.applying`, where a plan is made and a run goes on, and
`ending`, where every command ends. It tells what the journal tells, and changes nothing.
"""

from __future__ import annotations

import os


def is_here() -> bool:
    """Whether this process is a step of a workflow; asked before anything else is imported."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
