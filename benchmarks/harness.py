"""Two programs in turn, A B A B, after a warm-up: medians, ratios pair by pair, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

SCHEMA = 1
# Linux gives kibibytes in ru_maxrss and macOS bytes: getrusage(2) of each.
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Sample:
    """One run of one program: wall-clock time, and the largest resident memory it had."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is the median of ours / peer taken pair by pair; less is better."""

    what: str
    unit: str
    ours: float
    peer: float
    ratio: float
    goal: float | None
    met: bool | None


@dataclass(frozen=True)
class Options:
    """What was typed: `--json` for one document, `--quick` for a rough look with few pairs."""

    json: bool
    quick: bool


def options(words: Sequence[str]) -> Options:
    """The options of every benchmark; exits 2 for any other word."""
    if unknown := set(words) - {"--json", "--quick"}:
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. A benchmark takes --json and --quick.")
    return Options(json="--json" in words, quick="--quick" in words)


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    accepted: Set[int] = frozenset({0}),
) -> Sample:
    """Run a command to its end, its output thrown away; another exit code ends the benchmark.

    What is Python keeps what it compiled, as whatever was installed does: the warm-up compiles.
    """
    kept = {**(environment or os.environ)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=kept, cwd=folder
    ) as process:
        assert process.stderr is not None
        complaint = process.stderr.read()
        # wait4, because a process's own memory is lost among its siblings in RUSAGE_CHILDREN.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        sys.exit(f"{' '.join(command)} exited {process.returncode}: {complaint.decode()[-500:]}")
    return Sample(seconds=seconds, peak_bytes=usage.ru_maxrss * RSS_UNIT_BYTES)


def in_turn(
    ours: Callable[[], Sample], peer: Callable[[], Sample], *, pairs: int, warm_ups: int = 2
) -> list[tuple[Sample, Sample]]:
    """Samples of both, taken in turn, so that whatever else the machine does meets both."""
    for _ in range(warm_ups):
        ours(), peer()
    return [(ours(), peer()) for _ in range(pairs)]


def rows(what: str, samples: Sequence[tuple[Sample, Sample]], *, goal: float | None) -> list[Row]:
    """The time, held against the goal, and the peak memory beside it."""
    seconds = [(ours.seconds, peer.seconds) for ours, peer in samples]
    mebibytes = [(ours.peak_bytes / 2**20, peer.peak_bytes / 2**20) for ours, peer in samples]
    return [row(what, "s", seconds, goal=goal), row(f"{what}: memory", "MiB", mebibytes, goal=None)]


def row(what: str, unit: str, pairs: Sequence[tuple[float, float]], *, goal: float | None) -> Row:
    """One comparison of figures that were measured in pairs."""
    ratio = median(ours / peer for ours, peer in pairs)
    return Row(
        what=what,
        unit=unit,
        ours=round(median(ours for ours, _ in pairs), 4),
        peer=round(median(peer for _, peer in pairs), 4),
        ratio=round(ratio, 3),
        goal=goal,
        met=None if goal is None else ratio <= goal,
    )


def alone(what: str, unit: str, figure: float, most: float | None) -> Row:
    """A figure with a goal of its own: its peer is 1."""
    return row(what, unit, [(figure, 1.0)], goal=most)


def report(name: str, found: Sequence[Row], *, as_json: bool) -> int:
    """Print the table or the document; 1 where a goal was missed."""
    if as_json:
        document = {"schema": SCHEMA, "name": name, "rows": [asdict(each) for each in found]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write(f"{name}\n{'':34}{'ours':>12}{'peer':>12}{'ratio':>8}{'goal':>8}\n")
        sys.stdout.writelines(f"{_line(each)}\n" for each in found)
    return int(any(each.met is False for each in found))


def _line(of: Row) -> str:
    figures = f"{of.ours:>8.3f} {of.unit:<3}{of.peer:>8.3f} {of.unit:<3}{of.ratio:>8.2f}"
    if of.goal is None:
        return f"{of.what:<34}{figures}"
    return f"{of.what:<34}{figures}{f'<= {of.goal:g}':>8}  {'met' if of.met else 'MISSED'}"
