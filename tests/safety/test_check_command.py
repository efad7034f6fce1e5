"""`hrmsops check`, as it is typed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.command_line import hrmsops
from tests.safety.scenarios import one

DANGER = 'migrations.RemoveField("employee", "nickname"),'
WARNING = 'migrations.RemoveIndex("badge", "none"),'
SAFE = 'migrations.AddField("employee", "grade", models.IntegerField(null=True)),'
FIELDS = {
    "rule",
    "severity",
    "app",
    "migration",
    "operation",
    "path",
    "line",
    "model",
    "table",
    "rows",
    "lock",
    "blocks",
    "rewrites",
    "breaks",
    "why",
    "instead",
    "evidence",
}


def project(folder: Path, *bodies: str) -> Path:
    one("project", "safe", *bodies).write(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ama", "-c", "user.email=ama@nhia.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [(DANGER, [], 3), (WARNING, [], 0), (WARNING, ["--strict"], 3), (SAFE, ["--strict"], 0)],
)
def test_a_danger_ends_with_3_and_a_warning_does_where_it_is_strict(
    tmp_path: Path, body: str, words: list[str], code: int
) -> None:
    ended = hrmsops("check", str(project(tmp_path, body)), *words, cwd=tmp_path)

    assert ended.code == code, ended.out + ended.err


def test_the_document_has_just_these_fields(tmp_path: Path) -> None:
    ended = hrmsops("check", "--format", "json", cwd=project(tmp_path, DANGER))

    document = ended.document
    assert list(document) == ["schema", "findings", "unknown", "checked"]
    assert document["schema"] == 1
    assert document["checked"] == {"migrations": 2, "operations": 9}
    (finding,) = document["findings"]
    assert set(finding) == FIELDS
    assert finding["rule"] == "column-dropped"
    assert finding["severity"] == "danger"
    assert (finding["app"], finding["migration"]) == ("employees", "0002_change")
    assert (finding["model"], finding["table"]) == ("employee", "employees_employee")
    assert finding["rows"] == 100_000
    assert finding["evidence"] == "read"
    line = (
        (tmp_path / finding["path"]).read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
    )
    assert "RemoveField" in line


def test_rows_come_from_the_configuration_found_above(tmp_path: Path) -> None:
    index = 'migrations.AddIndex("badge", models.Index(fields=["label"], name="badge_label")),'
    project(tmp_path / "backend", index)
    config = tmp_path / "hrmsops.toml"

    severities = {}
    for rows in (10, 5_000_000):
        config.write_text(f"[safety.expected_rows]\nemployees_badge = {rows}\n", encoding="utf-8")
        (found,) = hrmsops("check", "backend", "--json", cwd=tmp_path).document["findings"]
        severities[rows] = (found["severity"], found["rows"])

    assert severities == {10: ("info", 10), 5_000_000: ("danger", 5_000_000)}


def test_one_app_is_reported_and_the_others_are_still_replayed(tmp_path: Path) -> None:
    project(tmp_path, DANGER)

    ended = hrmsops("check", "--app", "payroll", "--json", cwd=tmp_path)

    assert ended.code == 2
    assert ended.document["error"]["code"] == "no-migrations"


def test_since_judges_only_what_a_branch_adds_as_one_deploy(tmp_path: Path) -> None:
    project(tmp_path, DANGER)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    create = (
        'migrations.CreateModel("Visit", fields=[("id", '
        "models.BigAutoField(primary_key=True, serialize=False))]),"
    )
    drop = 'migrations.AddField("visit", "place", models.CharField(max_length=9)),'
    project(tmp_path, DANGER, create, drop)

    together = hrmsops("check", "--since", "main", "--json", cwd=tmp_path)
    each = hrmsops("check", "--json", cwd=tmp_path)
    unknown = hrmsops("check", "--since", "no-such-branch", cwd=tmp_path)

    assert together.document["checked"]["migrations"] == 2
    assert together.document["findings"] == []
    assert {f["migration"] for f in each.document["findings"]} == {"0002_change", "0004_change"}
    assert unknown.code == 2
    assert "revision-not-found" in unknown.err


def test_a_comment_allows_a_finding_until_its_date_and_only_with_a_reason(tmp_path: Path) -> None:
    comments = {
        "because nobody reads it": 0,
        "because nobody reads it until 2999-12-31": 0,
        "because nobody reads it until 2020-01-01": 3,
        "": 3,
    }
    for number, (comment, code) in enumerate(comments.items()):
        body = f"# hrmsops: allow column-dropped {comment}\n{DANGER}"
        folder = project(tmp_path / str(number), body)

        assert hrmsops("check", cwd=folder).code == code, comment


def test_an_allowed_finding_is_shown_with_its_reason(tmp_path: Path) -> None:
    body = f"# hrmsops: allow column-dropped because nobody reads it\n{DANGER}"

    ended = hrmsops("check", cwd=project(tmp_path, body))

    assert "column-dropped: nobody reads it" in ended.out


def test_what_is_in_the_baseline_is_not_told_again(tmp_path: Path) -> None:
    project(tmp_path, DANGER)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(hrmsops("check", "--json", cwd=tmp_path).out, encoding="utf-8")

    known = hrmsops("check", "--baseline", "baseline.json", cwd=tmp_path)
    project(tmp_path, DANGER, 'migrations.DeleteModel("Badge"),')
    new = hrmsops("check", "--baseline", "baseline.json", "--json", cwd=tmp_path)

    assert known.code == 0
    assert [each["rule"] for each in new.document["findings"]] == ["table-dropped"]


def test_a_baseline_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    project(tmp_path, SAFE)
    (tmp_path / "baseline.json").write_text("[]", encoding="utf-8")

    ended = hrmsops("check", "--baseline", "baseline.json", cwd=tmp_path)

    assert ended.code == 2
    assert "baseline-not-readable" in ended.err


def test_annotations_of_github_stand_on_the_line(tmp_path: Path) -> None:
    ended = hrmsops("check", "--format", "github", cwd=project(tmp_path, DANGER))

    (line,) = ended.out.splitlines()
    place = "file=employees/migrations/0002_change.py,line=27,title=column-dropped"
    assert line.startswith(f"::error {place}::The values of employees_employee.nickname")


def test_sarif_names_every_rule_and_each_place(tmp_path: Path) -> None:
    ended = hrmsops("check", "--format", "sarif", cwd=project(tmp_path, DANGER))

    (run,) = ended.document["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    place = result["locations"][0]["physicalLocation"]
    assert ended.document["version"] == "2.1.0"
    assert rule["id"] == result["ruleId"] == "column-dropped"
    assert place["artifactLocation"]["uri"] == "employees/migrations/0002_change.py"
    assert place["region"]["startLine"] == 27
    assert result["level"] == "error"


def test_a_file_that_is_no_python_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    project(tmp_path, DANGER)
    broken = tmp_path / "employees" / "migrations" / "0003_broken.py"
    broken.write_text("class Migration(:\n", encoding="utf-8")

    document = hrmsops("check", "--json", cwd=tmp_path).document

    assert [each["rule"] for each in document["findings"]] == ["column-dropped"]
    (gap,) = document["unknown"]
    assert (gap["line"], gap["what"]) == (1, "the file 0003_broken.py")


def test_a_folder_without_migrations_is_an_error_and_no_pass(tmp_path: Path) -> None:
    ended = hrmsops("check", cwd=tmp_path)

    assert ended.code == 2
    assert "no-migrations" in ended.err


def test_neither_django_nor_a_database_is_loaded(tmp_path: Path) -> None:
    project(tmp_path, DANGER)
    code = (
        "import sys; from hrmsops.cli import run; run(['check', '--json']); "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('django', 'psycopg', 'google', 'rich')], file=sys.stderr)"
    )
    import os
    import sys

    from tests.command_line import ROOT

    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert json.loads(ended.stdout)["schema"] == 1
    assert ended.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--json",
        ". --strict --format github",
        "--app shop --format sarif",
        "--target-pg 17 --json .",
        "--format text --config hrmsops.toml",
    ],
)
def test_what_is_read_without_typer_is_what_typer_reads(
    tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hrmsops import cli, ending
    from hrmsops.commands.check_words import understood

    project(tmp_path, DANGER)
    (tmp_path / "hrmsops.toml").write_text("[safety]\nlarge_table_rows = 5\n")
    monkeypatch.chdir(tmp_path)
    typed = ["check", *words.split()]
    plain = understood(typed)
    assert plain is not None

    code = ending.run(plain.carry_out, typed)
    found = capsys.readouterr()

    assert cli.run(typed) == code
    assert capsys.readouterr() == found != ("", "")


@pytest.mark.parametrize(
    "words", ["--fix", "--app", "--app=shop", "a b", "--json --json", "--target-pg x", "--help"]
)
def test_what_is_not_plain_is_left_to_typer(words: str) -> None:
    from hrmsops.commands.check_words import understood

    assert understood(["check", *words.split()]) is None
    assert understood(["status"]) is None
