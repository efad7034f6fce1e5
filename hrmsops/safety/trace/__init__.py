"""From what a trace saw to findings: measured, in the place of what was read."""
