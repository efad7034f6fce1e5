"""`hrmsops --help` beside the `--help` of a trivial Typer program."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import harness

GOAL = 1.5
TRIVIAL = '''\
"""A Typer program with one command that does nothing."""

import typer

app = typer.Typer()


@app.command()
def greet(name: str) -> None:
    """Greet someone."""
    typer.echo(f"Hello {name}")


app()
'''


def main(words: list[str]) -> int:
    """Measure, report, and exit 1 where the goal was missed."""
    chosen = harness.options(words)
    with tempfile.TemporaryDirectory() as folder:
        peer = Path(folder) / "trivial.py"
        peer.write_text(TRIVIAL, encoding="utf-8")
        samples = harness.in_turn(
            partial(harness.run, [sys.executable, "-m", "hrmsops", "--help"]),
            partial(harness.run, [sys.executable, str(peer), "--help"]),
            pairs=5 if chosen.quick else 31,
        )
    return harness.report(
        "startup", harness.rows("--help", samples, goal=GOAL), as_json=chosen.json
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
