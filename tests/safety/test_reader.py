"""Migrations as people write them, read without being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.safety.analyzer import analyze
from hrmsops.safety.graph import graph_of
from hrmsops.safety.reader import read
from hrmsops.safety.report import Report
from tests.safety.scenarios import BASE, migration

DROP = "DROP TABLE employees_badge"


def checkout(folder: Path, **files: str) -> Path:
    """The base, and files by their path; two underscores stand for a slash."""
    import shutil

    shutil.copytree(BASE, folder, dirs_exist_ok=True)
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(path.suffix or ".py").write_text(text, encoding="utf-8")
    return folder


def judged(folder: Path) -> Report:
    return analyze(folder, expected_rows={}, large_table_rows=100_000)


def rules_of(folder: Path) -> set[str]:
    return {each.rule for each in judged(folder).findings if each.severity != "info"}


def change(body: str) -> str:
    whole = body if "operations = " in body else f"operations = [\n{body}\n]"
    return migration(whole, before="0001_initial")


SQL_FORMS = {
    "string": f'migrations.RunSQL("{DROP}"),',
    "keyword": f'migrations.RunSQL(sql="{DROP}", reverse_sql=""),',
    "list": f'migrations.RunSQL(["SELECT 1", "{DROP}"]),',
    "tuple with parameters": 'migrations.RunSQL([("DROP TABLE employees_badge", None)]),',
    "adjacent strings": 'migrations.RunSQL("DROP " "TABLE " "employees_badge"),',
    "addition": 'migrations.RunSQL("DROP TABLE " + "employees_badge"),',
    "join": 'migrations.RunSQL(" ".join(["DROP", "TABLE", "employees_badge"])),',
    "format": 'migrations.RunSQL("DROP TABLE {}".format("employees_badge")),',
    "percent": 'migrations.RunSQL("DROP TABLE %s" % "employees_badge"),',
    "constant": f'STATEMENT = "{DROP}"\noperations = [migrations.RunSQL(STATEMENT)]',
    "f-string": 'T = "employees_badge"\noperations = [migrations.RunSQL(f"DROP TABLE {T}")]',
    "dictionary": f'S = {{"go": "{DROP}"}}\noperations = [migrations.RunSQL(S["go"])]',
    "dedent": f'import textwrap\noperations = [migrations.RunSQL(textwrap.dedent("""\n  {DROP}"""))]',
    "function": 'def text(what):\n    return what + " employees_badge"\n\noperations = [migrations.RunSQL(text("DROP TABLE"))]',
    "appended": f'operations = []\noperations += [migrations.RunSQL("{DROP}")]',
    "comprehension": 'operations = [migrations.RunSQL(f"DROP TABLE {t}") for t in ["employees_badge"]]',
    "on postgresql": f'from django.db import connection\noperations = [migrations.RunSQL("{DROP}" if connection.vendor == "postgresql" else "")]',
    "file": 'from pathlib import Path\noperations = [migrations.RunSQL((Path(__file__).parent / "drop.sql").read_text())]',
    "opened": 'import os\noperations = [migrations.RunSQL(open(os.path.join(os.path.dirname(__file__), "drop.sql")).read())]',
    "other module": "from employees.statements import DROP_IT\noperations = [migrations.RunSQL(DROP_IT)]",
    "helper's operations": "from employees.statements import drops\noperations = [*drops()]",
    "generator": f'def made(*words):\n    for each in words:\n        yield migrations.RunSQL(each)\n\n\noperations = [*made("SELECT 1", "{DROP}")]',
    "generator of generators": f'def one(word):\n    yield migrations.RunSQL(word)\n\n\ndef made():\n    yield from one("{DROP}")\n\n\noperations = list(made())',
    "class of the project": "from employees.statements import Drop\noperations = [Drop()]",
}
STATEMENTS = f"""
from django.db import migrations

DROP_IT = "{DROP}"


class Drop(migrations.RunSQL):
    def __init__(self):
        super().__init__(DROP_IT)


def drops():
    return [migrations.RunSQL(DROP_IT)]
"""


@pytest.mark.parametrize("form", SQL_FORMS)
def test_sql_is_found_however_it_is_put_together(form: str, tmp_path: Path) -> None:
    folder = checkout(
        tmp_path,
        employees__migrations__0002_change=change(SQL_FORMS[form]),
        employees__statements=STATEMENTS,
    )
    (folder / "employees" / "migrations" / "drop.sql").write_text(DROP, encoding="utf-8")

    report = judged(folder)

    assert "table-dropped" in {each.rule for each in report.findings}
    assert report.unknown == ()


def test_what_only_the_project_could_say_is_unknown_with_its_place(tmp_path: Path) -> None:
    body = "import os\noperations = [migrations.RunSQL(os.environ['SQL'])]"
    report = judged(checkout(tmp_path, employees__migrations__0002_change=change(body)))

    (gap,) = report.unknown
    assert "os.environ['SQL']" in gap.what
    assert "needs-a-trace" in {each.rule for each in report.findings}


def test_a_generator_that_may_leave_something_out_is_unknown(tmp_path: Path) -> None:
    body = """
def made(*words):
    for each in words:
        if is_wanted(each):
            yield migrations.RunSQL(each)


operations = [*made("DROP TABLE employees_badge")]"""
    report = judged(checkout(tmp_path, employees__migrations__0002_change=change(body)))

    (gap,) = report.unknown
    assert "made(" in gap.what


def test_a_value_in_memory_may_be_emptied_and_the_pairs_of_two_models_may_not(
    tmp_path: Path,
) -> None:
    code = """
def emptied(apps, editor):
    for row in apps.get_model("employees", "Employee").objects.all():
        row.{name}.clear()


operations = [migrations.RunPython(emptied, emptied)]"""
    found = {
        name: rules_of(
            checkout(
                tmp_path / name,
                employees__migrations__0002_change=change(code.replace("{name}", name)),
            )
        )
        for name in ("notes", "skills")
    }

    assert found == {"notes": set(), "skills": {"rows-deleted"}}


def test_the_app_is_called_what_its_configuration_says(tmp_path: Path) -> None:
    apps = 'class Staff(AppConfig):\n    name = "hrms.employees"\n    label = "staff"\n'
    folder = checkout(tmp_path, employees__apps=apps)

    assert {each.app for each in read(folder)} == {"staff"}


def test_a_lonely_folder_belongs_to_the_app_that_its_dependencies_name(tmp_path: Path) -> None:
    text = migration("operations = []", before="0024_before").replace('"employees"', '"payroll"')
    (tmp_path / "0025_after.py").write_text(text, encoding="utf-8")

    assert [(each.app, each.name) for each in read(tmp_path)] == [("payroll", "0025_after")]


def test_without_its_history_a_migration_is_still_judged(tmp_path: Path) -> None:
    folder = tmp_path / "payroll" / "migrations"
    folder.mkdir(parents=True)
    body = """
    migrations.AddField("payslip", "grade", models.IntegerField(default=1)),
    migrations.AlterField("payslip", "note", models.CharField(max_length=9)),
    migrations.AddField("payslip", "tip", models.IntegerField(null=True)),"""
    (folder / "0025_x.py").write_text(change(body), encoding="utf-8")

    found = judged(tmp_path).findings

    loud = {(each.rule, each.table) for each in found if each.severity != "info"}
    assert loud == {
        ("old-code-cannot-insert", "payroll_payslip"),
        ("needs-a-trace", "payroll_payslip"),
    }


def test_a_squash_stands_for_what_it_replaces(tmp_path: Path) -> None:
    squash = change(
        'replaces = [("employees", "0002_a"), ("employees", "0003_b")]\n'
        'operations = [migrations.AddField("badge", "grade", models.IntegerField(null=True))]'
    ).replace("class Migration(migrations.Migration):", "class Migration(migrations.Migration):")
    later = change(
        'operations = [migrations.AlterField("badge", "grade", models.IntegerField(null=True, blank=True))]'
    ).replace('"0001_initial"', '"0003_b"')
    folder = checkout(
        tmp_path,
        employees__migrations__0002_squashed_0003=squash,
        employees__migrations__0004_later=later,
    )

    graph = graph_of(read(folder))

    assert [each.name for each in graph.ordered] == [
        "0001_initial",
        "0002_squashed_0003",
        "0004_later",
    ]
    assert rules_of(folder) == set()


def test_a_squash_beside_its_originals_is_not_judged_twice(tmp_path: Path) -> None:
    drop = 'operations = [migrations.RemoveField("badge", "label")]'
    folder = checkout(
        tmp_path,
        employees__migrations__0002_a=change(drop),
        employees__migrations__0002_squashed=change(
            f'operations_replaced = 0\nreplaces = [("employees", "0002_a")]\n{drop}'
        ),
    )

    found = [each for each in judged(folder).findings if each.rule == "column-dropped"]

    assert [each.migration for each in found] == ["0002_a"]


def test_two_leaves_are_a_conflict_until_they_are_merged(tmp_path: Path) -> None:
    one = change('migrations.AddField("badge", "a", models.IntegerField(null=True)),')
    two = change('migrations.AddField("badge", "b", models.IntegerField(null=True)),')
    folder = checkout(
        tmp_path, employees__migrations__0002_one=one, employees__migrations__0002_two=two
    )
    before = rules_of(folder)

    merge = change("operations = []").replace(
        '[("employees", "0001_initial")]', '[("employees", "0002_one"), ("employees", "0002_two")]'
    )
    checkout(tmp_path, employees__migrations__0003_merge=merge)

    assert before == {"leaves-conflict"}
    assert rules_of(folder) == set()


def test_a_key_to_the_swapped_user_finds_its_table(tmp_path: Path) -> None:
    user = (
        "from django.conf import settings\n"
        'operations = [migrations.CreateModel("Person", fields=['
        '("id", models.BigAutoField(primary_key=True)), ("password", models.CharField(max_length=9)), '
        '("last_login", models.DateTimeField(null=True))], options={"swappable": "AUTH_USER_MODEL"}), '
        'migrations.AddField("badge", "by", models.ForeignKey(settings.AUTH_USER_MODEL, '
        "models.CASCADE, null=True))]"
    )
    folder = checkout(tmp_path, employees__migrations__0002_change=change(user))

    keys = [each for each in judged(folder).findings if each.rule == "constraint-scans-table"]

    assert ["employees_person" in each.why for each in keys] == [True]


def test_the_first_migrations_of_an_app_make_each_others_tables(tmp_path: Path) -> None:
    """Django splits a circle of keys into 0001_initial and 0002_initial."""
    first = change(
        'initial = True\noperations = [migrations.CreateModel("Visit", fields=['
        '("id", models.BigAutoField(primary_key=True))])]'
    )
    second = change(
        "initial = True\noperations = [migrations.AddField("
        '"visit", "badge", models.ForeignKey("employees.badge", models.CASCADE))]'
    ).replace('("employees", "0001_initial")', '("visits", "0001_initial")')
    folder = checkout(
        tmp_path, visits__migrations__0001_initial=first, visits__migrations__0002_initial=second
    )

    assert rules_of(folder) == set()
