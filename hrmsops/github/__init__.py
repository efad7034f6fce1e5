"""In GitHub Actions: log groups, annotations, a step summary and outputs; anywhere else nothing.

Two places know of this package: `commands.applying`, where a plan is made and a run goes on, and
`ending`, where every command ends. It tells what the journal tells, and changes nothing.
"""

from __future__ import annotations

from hrmsops.console.streams import is_a_workflow as is_here

__all__ = ["is_here"]
