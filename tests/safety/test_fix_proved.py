"""`check --fix`, proved: its files pass the check and come to the same state and schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.template import SUPERUSER
from hrmsops.safety import reader
from hrmsops.safety.analyzer import analyze
from hrmsops.safety.graph import graph_of
from hrmsops.safety.report import Report
from hrmsops.safety.rewrite.fixing import Fix, fixed
from tests.command_line import ROOT, environment
from tests.safety.conftest import PASSWORD
from tests.safety.scenarios import BASE, one

ROWS = {"employees_employee": 1_000_000, "employees_badge": 1_000_000}
CASES: dict[str, tuple[str, ...]] = {
    "index": (
        """
migrations.AddField("employee", "grade", models.IntegerField(null=True)),
migrations.AddIndex("employee", models.Index(fields=["surname", "-grade"], name="by_surname")),
migrations.AddIndex(
    "employee",
    models.Index(fields=["surname"], condition=models.Q(salary__gt=0), name="by_surname_paid"),
),
migrations.AddField("employee", "rank", models.IntegerField(null=True)),
""",
    ),
    "index in SQL": (
        """
migrations.RemoveIndex("employee", "employee_salary"),
migrations.RunSQL(
    "CREATE INDEX by_number_and_name ON employees_employee (number, surname);",
    reverse_sql="DROP INDEX by_number_and_name;",
),
""",
    ),
    "constraints": (
        """
migrations.AddConstraint(
    "employee", models.UniqueConstraint(fields=["email", "department"], name="email_once")
),
migrations.AddConstraint(
    "employee", models.CheckConstraint(condition=models.Q(salary__gte=0), name="not_negative")
),
""",
        """
migrations.AlterUniqueTogether("badge", [("label", "employee"), ("employee", "id")]),
""",
    ),
    "column": (
        """
migrations.AddField("employee", "grade", models.CharField(max_length=9, default="new")),
migrations.AddField(
    model_name="employee",
    name="rank",
    field=models.PositiveIntegerField(
        db_index=True,
        default=3,
        help_text="From the top",
    ),
    preserve_default=False,
),
migrations.AddField("employee", "seen", models.DateTimeField(default=timezone.now)),
migrations.AddField("employee", "made", models.DateTimeField(auto_now_add=True)),
migrations.AddField("employee", "facts", models.JSONField(default=dict)),
migrations.AddField("employee", "mark", models.UUIDField(default=uuid.uuid4, editable=False)),
migrations.AddField("employee", "order", models.SlugField(blank=True)),
""",
        """
migrations.AddIndex("employee", models.Index(fields=["grade"], name="by_grade")),
""",
    ),
    "altered": (
        """
migrations.AlterField("employee", "nickname", models.CharField(max_length=50, default="none")),
migrations.AlterField("employee", "surname", models.CharField(max_length=100, db_index=True)),
migrations.AlterField("badge", "label", models.CharField(max_length=20, unique=True)),
""",
        """
migrations.AlterField(
    "employee",
    "department",
    models.ForeignKey(default=1, on_delete=models.CASCADE, to="employees.department"),
),
""",
    ),
    "relations": (
        """
migrations.AddField(
    "badge",
    "issued_by",
    models.ForeignKey(
        "employees.Employee", null=True, on_delete=models.SET_NULL, related_name="+"
    ),
),
migrations.AddField(
    "badge", "skill", models.OneToOneField("employees.skill", models.SET_NULL, null=True)
),
migrations.AddField("badge", "code", models.CharField(max_length=9, null=True, unique=True)),
migrations.AddField(
    "badge",
    "home",
    models.ForeignKey("employees.Department", models.CASCADE, default=1, to_field="id"),
),
""",
    ),
}


def checked(folder: Path) -> Report:
    return analyze(folder, expected_rows=ROWS, large_table_rows=100_000)


def rewritten(
    folder: Path, *bodies: str, target: tuple[int, int] | None = None, expands: bool = False
) -> Fix:
    """A checkout with these migrations, and its fix written into it."""
    one("case", "danger", *bodies).write(folder)
    graph, findings = graph_of(reader.read(folder)), checked(folder).findings
    fix = fixed(graph, findings, target_django=target, expands=expands)
    for path, text in fix.after.items():
        path.write_text(text, encoding="utf-8")
    return fix


RENAMED = (
    """
migrations.RenameField("badge", "label", "title"),
migrations.RenameField("badge", "employee", "owner"),
""",
)
TARGETS: dict[str, tuple[int, int] | None] = {"column": (5, 2), "any-django": None}
CASES["any-django"] = CASES["column"][:1]


@pytest.fixture(scope="module")
def proofs(
    measured_server: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Every case, run as it was and as it was rewritten, forwards, back, and forwards again."""
    root = tmp_path_factory.mktemp("proofs")
    folders: list[Path] = []
    for name, bodies in CASES.items():
        unsafe, safe = root / f"checkout-{name}-unsafe", root / f"checkout-{name}"
        one(name, "danger", *bodies).write(unsafe)
        rewritten(safe, *bodies, target=TARGETS.get(name))
        folders += [unsafe, safe]
    for name in ("expanded", "contracted"):
        unsafe, safe = root / f"checkout-{name}-unsafe", root / f"checkout-{name}"
        one(name, "danger", *RENAMED).write(unsafe)
        rewritten(safe, *RENAMED, expands=True)
        folders += [unsafe, safe]
    later = folders[-1] / "employees/migrations/_0002_change_contract.py"
    later.rename(later.with_name("0008_contract.py"))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.safety.proving", str(BASE), *map(str, folders)],
        cwd=ROOT,
        env=environment(
            MEASURED_PORT=str(measured_server.port),
            MEASURED_USER=SUPERUSER,
            MEASURED_PASSWORD=PASSWORD,
            PYTHONDONTWRITEBYTECODE="1",
        ),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = map(json.loads, ended.stdout.splitlines())
    return {each["id"].removeprefix("checkout-"): each for each in found}


@pytest.mark.parametrize("case", CASES)
def test_the_rewrite_passes_the_check_that_its_origin_fails(case: str, tmp_path: Path) -> None:
    one(case, "danger", *CASES[case]).write(tmp_path / "unsafe")

    fix = rewritten(tmp_path / "safe", *CASES[case], target=TARGETS.get(case))

    assert checked(tmp_path / "unsafe").refuses(strict=False)
    report = checked(tmp_path / "safe")
    loud = [f"{e.migration}: {e.rule}: {e.why}" for e in report.findings if e.severity != "info"]
    assert loud == []
    assert fix.left == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.xdist_group("measured")
def test_the_rewrite_comes_to_the_same_models_and_schema(
    case: str, proofs: dict[str, dict[str, Any]]
) -> None:
    proof = proofs[case]

    assert proof["state"] == []
    more = [each for each in proof["forwards"] if not each.startswith("+default ")]
    assert more == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.xdist_group("measured")
def test_the_rewrite_leads_back_and_forwards_again(
    case: str, proofs: dict[str, dict[str, Any]]
) -> None:
    assert proofs[case]["backwards"] == []
    assert proofs[case]["again"] == []


@pytest.mark.xdist_group("measured")
def test_the_rows_that_were_there_are_filled_and_old_code_still_inserts(
    proofs: dict[str, dict[str, Any]],
) -> None:
    empty = {column for case in ("column", "any-django") for column in proofs[case]["rows"]}

    assert empty == {"employees_employee.hired", "employees_employee.nickname"}
    assert [proofs[case]["old code"] for case in ("column", "any-django")] == [[], []]


def test_each_unique_constraint_has_a_migration_by_itself(tmp_path: Path) -> None:
    """What fails on duplicates is begun again, and an index cannot be taken over twice."""
    fix = rewritten(tmp_path, *CASES["constraints"])

    counts = [text.count("CREATE UNIQUE INDEX CONCURRENTLY") for text in fix.after.values()]
    assert sorted(counts) == [0, 0, 1, 1, 1]


def test_what_all_its_files_bring_at_once_is_no_danger_either(tmp_path: Path) -> None:
    rewritten(tmp_path, *CASES["column"], target=(5, 2))

    report = analyze(
        tmp_path,
        expected_rows=ROWS,
        large_table_rows=100_000,
        pending=lambda each: each.name != "0001_initial",
    )

    assert [each.rule for each in report.findings if each.severity != "info"] == []


@pytest.mark.xdist_group("measured")
def test_an_expanded_rename_keeps_both_columns_the_same_whoever_writes(
    proofs: dict[str, dict[str, Any]],
) -> None:
    proof = proofs["expanded"]

    assert proof["state"] == []
    assert proof["synced"] == [
        *[[f"b{number}"] * 2 for number in range(3)],
        ["old"] * 2,
        ["newer"] * 2,
        ["older"] * 2,
        ["new"] * 2,
    ]
    assert proof["old code"] == []
    assert proof["backwards"] == []
    assert proof["again"] == []


@pytest.mark.xdist_group("measured")
def test_once_it_is_contracted_the_schema_is_that_of_a_plain_rename(
    proofs: dict[str, dict[str, Any]],
) -> None:
    """But for the name of an index, which Django makes of the column's name."""
    found = proofs["contracted"]["forwards"]
    plain = [re.sub(r"employees_badge_\w+", "…", each) for each in found]

    assert proofs["contracted"]["state"] == []
    assert {each[1:] for each in plain if each[0] == "+"} == {
        each[1:] for each in plain if each[0] == "-"
    }
    assert len(found) == 2


def test_an_expanded_rename_passes_the_check_and_its_end_waits_for_a_release(
    tmp_path: Path,
) -> None:
    fix = rewritten(tmp_path, *RENAMED, expands=True)

    report = checked(tmp_path)
    assert [each.rule for each in report.findings if each.severity != "info"] == []
    assert [path.name for path in fix.after if path.name.startswith("_")] == [
        "_0002_change_contract.py"
    ]
