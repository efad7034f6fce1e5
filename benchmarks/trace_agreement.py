"""How far what is read of the labelled deploys agrees with what a trace measures of them."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import harness
from hrmsops.commands import check_trace
from hrmsops.commands.checking import Asked
from hrmsops.postgres.scratch import scratch_cluster
from hrmsops.safety.analyzer import analyze
from hrmsops.safety.report import Report
from tests.safety.scenarios import Scenario
from tests.safety.scenarios.held_out import HELD_OUT
from tests.safety.scenarios.held_out_again import HELD_OUT_AGAIN
from tests.safety.scenarios.known import KNOWN
from tests.safety.scenarios.more import MORE

QUICK_EVERY = 20
AGREEMENT_MIN = 0.95
SETTINGS = """
SECRET_KEY = "of no use"
USE_TZ = True
INSTALLED_APPS = ["employees"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "none"}}
"""
LARGE_ROWS = 100_000


@dataclass(frozen=True)
class Verdict:
    """One deploy: its label, whether reading and the trace speak up, and the trace's rules."""

    id: str
    label: str
    read: bool
    traced: bool
    only_read: tuple[str, ...]
    only_traced: tuple[str, ...]


def main(words: list[str]) -> int:
    """Trace each deploy, report, and exit 1 where reading and measuring agree too seldom."""
    chosen = harness.options(words)
    every = (*KNOWN, *HELD_OUT, *HELD_OUT_AGAIN, *MORE)
    verdicts = [*_verdicts(every[:: QUICK_EVERY if chosen.quick else 1])]
    differing = [each for each in verdicts if each.read != each.traced]
    agreement = 1 - len(differing) / len(verdicts)
    figures = {"deploys": len(verdicts), "agreement": round(agreement, 3), **_against(verdicts)}
    if chosen.json:
        document = {"schema": 1, **figures, "differing": [asdict(each) for each in differing]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write("".join(f"{name:<28}{value}\n" for name, value in figures.items()))
        sys.stdout.write("".join(f"differs: {_told(each)}\n" for each in differing))
    return 0 if agreement >= AGREEMENT_MIN else 1


def _against(verdicts: list[Verdict]) -> dict[str, float]:
    """Recall and false alarms of both ways, by the labels."""
    harmful = [each for each in verdicts if each.label != "safe"]
    safe = [each for each in verdicts if each.label == "safe"]

    def share(of: list[Verdict], way: str) -> float:
        return round(sum(bool(getattr(each, way)) for each in of) / max(len(of), 1), 3)

    return {
        f"{what} of {way}": share(of, way)
        for way in ("read", "traced")
        for what, of in (("recall", harmful), ("false alarms", safe))
    }


def _told(verdict: Verdict) -> str:
    which = "read alone" if verdict.read else "traced alone"
    rules = verdict.only_read if verdict.read else verdict.only_traced
    return f"{verdict.id} ({verdict.label}), {which}: {', '.join(rules)}"


def _verdicts(scenarios: tuple[Scenario, ...]) -> Iterator[Verdict]:
    import psycopg

    with tempfile.TemporaryDirectory() as root, scratch_cluster(Path(root) / "scratch") as server:
        login: dict[str, Any] = {
            "host": server["HOST"],
            "port": server["PORT"],
            "user": server["USER"],
            "password": server["PASSWORD"],
            "sslmode": "disable",
        }
        for number, scenario in enumerate(scenarios):
            name = f"deploy_{number}"
            with psycopg.connect(**login, dbname="postgres", autocommit=True) as session:
                session.execute(f"CREATE DATABASE {name}")
            url = psycopg.conninfo.make_conninfo("", **login, dbname=name)
            yield _verdict(scenario, Path(root) / scenario.id, url)
            with psycopg.connect(**login, dbname="postgres", autocommit=True) as session:
                session.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _verdict(scenario: Scenario, folder: Path, url: str) -> Verdict:
    scenario.write(folder)
    (folder / "conf.py").write_text(SETTINGS, encoding="utf-8")
    lines = ["", "[django]", 'root = "."', f'python = "{sys.executable}"', 'settings = "conf"']
    with (folder / "hrmsops.toml").open("a", encoding="utf-8") as config:
        config.write("\n".join([*lines, ""]))
    read = _loud(analyze(folder, expected_rows=dict(scenario.rows), large_table_rows=LARGE_ROWS))
    traced = _loud(check_trace.report(Asked(path=folder, is_traced=True, url=url)))
    return Verdict(
        id=scenario.id,
        label=scenario.label,
        read=bool(read),
        traced=bool(traced),
        only_read=tuple(sorted(read - traced)),
        only_traced=tuple(sorted(traced - read)),
    )


def _loud(report: Report) -> set[str]:
    return {each.rule for each in report.findings if each.severity != "info"}


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main(sys.argv[1:]))
