"""`hrmsops check --fix`, as it is typed."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import hrmsops
from tests.safety.test_check_command import git, project

INDEX = 'migrations.AddIndex("employee", models.Index(fields=["surname"], name="by_surname")),'
LATER = 'migrations.AddField("badge", "place", models.CharField(max_length=9, null=True)),'
DROP = 'migrations.RemoveField("employee", "nickname"),'


def checkout(folder: Path, *bodies: str) -> dict[str, str]:
    """A committed project; its migrations, as they are."""
    project(folder, *bodies)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "before")
    return texts(folder)


def texts(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text("utf-8") for each in migrations(folder).glob("0*.py")}


def migrations(folder: Path) -> Path:
    return folder / "employees/migrations"


def test_a_dry_run_shows_the_difference_and_writes_nothing(tmp_path: Path) -> None:
    before = checkout(tmp_path, INDEX)

    ended = hrmsops("check", "--fix", "--dry-run", cwd=tmp_path)

    assert ended.code == 0, ended.err
    assert "+++ employees/migrations/0002_change.py" in ended.out
    assert '+                    sql="CREATE INDEX CONCURRENTLY IF NOT EXISTS by_surname' in (
        ended.out.replace("(\n+                        ", "")
    )
    assert texts(tmp_path) == before


def test_without_a_word_on_what_is_new_nothing_is_written(tmp_path: Path) -> None:
    before = checkout(tmp_path, INDEX)

    ended = hrmsops("check", "--fix", cwd=tmp_path)

    assert ended.code == 3
    assert "fix-needs-a-choice" in ended.err
    assert texts(tmp_path) == before


def test_a_file_that_git_could_not_give_back_is_not_written_over(tmp_path: Path) -> None:
    checkout(tmp_path, INDEX)
    path = migrations(tmp_path) / "0002_change.py"
    path.write_text(path.read_text("utf-8") + "# by hand\n", encoding="utf-8")
    before = texts(tmp_path)

    ended = hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=tmp_path)

    assert ended.code == 3
    assert "fix-not-committed" in ended.err
    assert texts(tmp_path) == before


def test_what_a_branch_adds_is_written_and_passes(tmp_path: Path) -> None:
    checkout(tmp_path, LATER)
    project(tmp_path, LATER, INDEX)
    git(tmp_path, "checkout", "-qb", "index")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "an index")

    assert hrmsops("check", "--since", "main", cwd=tmp_path).code == 3
    fixed = hrmsops("check", "--fix", "--since", "main", cwd=tmp_path)

    assert fixed.code == 0, fixed.out + fixed.err
    assert hrmsops("check", "--since", "main", "--strict", cwd=tmp_path).code == 0
    assert "atomic = False" in texts(tmp_path)["0003_change.py"]


def test_what_follows_waits_for_the_last_of_the_new_files(tmp_path: Path) -> None:
    both = f"{LATER}\n{INDEX}"
    last = 'migrations.AddField("badge", "floor", models.IntegerField(null=True)),'
    before = checkout(tmp_path, both, last)

    ended = hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=tmp_path)

    assert ended.code == 0, ended.out + ended.err
    after = texts(tmp_path)
    assert sorted(after.keys() - before.keys()) == ["0002_change_2_build.py"]
    assert '"0002_change"' in after["0002_change_2_build.py"]
    assert after["0003_change.py"] == before["0003_change.py"].replace(
        '"0002_change"', '"0002_change_2_build"'
    )


def test_the_last_migration_is_followed_by_the_next_numbers(tmp_path: Path) -> None:
    before = checkout(tmp_path, f"{LATER}\n{INDEX}")

    hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=tmp_path)

    assert sorted(texts(tmp_path).keys() - before.keys()) == ["0003_change_build.py"]


def test_a_finding_without_a_rewrite_is_named_with_the_way_out(tmp_path: Path) -> None:
    before = checkout(tmp_path, DROP)

    ended = hrmsops("check", "--fix", "--only", "employees.0002_change", "--json", cwd=tmp_path)

    assert ended.code == 3
    assert ended.document["files"] == []
    [left] = ended.document["left"]
    assert left["rule"] == "column-dropped"
    assert left["why"] == "there is no rewrite for it"
    assert left["instead"]
    assert texts(tmp_path) == before


def test_functions_go_along_with_the_operations_that_need_them(tmp_path: Path) -> None:
    body = """
def note(apps, schema_editor):
    pass


operations = [
    migrations.AddField("badge", "place", models.CharField(max_length=9, null=True)),
    migrations.AddIndex("employee", models.Index(fields=["surname"], name="by_surname")),
    # Once it is there.
    migrations.RunPython(note, note),
]"""
    checkout(tmp_path, body)

    hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=tmp_path)

    after = texts(tmp_path)
    assert "def note" not in after["0002_change.py"]
    assert "def note" in after["0004_change_rest.py"]
    assert "        # Once it is there.\n" in after["0004_change_rest.py"]


def test_comments_stay_with_what_they_are_about(tmp_path: Path) -> None:
    body = f"{LATER}  # Where it hangs.\n# They search by it.\n{INDEX}  # All day."
    checkout(tmp_path, body)

    hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=tmp_path)

    after = texts(tmp_path)
    assert "        # Where it hangs.\n        migrations.AddField(" in after["0002_change.py"]
    said = "        # They search by it.\n        # All day.\n        migrations.Separate"
    assert said in after["0003_change_build.py"]


def test_a_name_that_is_no_migration_is_refused(tmp_path: Path) -> None:
    checkout(tmp_path, INDEX)

    ended = hrmsops("check", "--fix", "--only", "employees.0009_none", cwd=tmp_path)

    assert ended.code == 2
    assert "no-such-migration" in ended.err


def test_a_rename_is_expanded_where_it_is_asked_for(tmp_path: Path) -> None:
    before = checkout(tmp_path, 'migrations.RenameField("badge", "label", "title"),')

    ended = hrmsops("check", "--fix=expand", "--only", "employees.0002_change", cwd=tmp_path)

    assert ended.code == 0, ended.out + ended.err
    assert "CREATE TRIGGER" in texts(tmp_path)["0002_change.py"]
    assert (migrations(tmp_path) / "_0002_change_contract.py").exists()
    assert "0003_change_backfill.py" in texts(tmp_path).keys() - before.keys()


def test_a_function_of_the_project_is_called_for_each_row_that_is_empty(tmp_path: Path) -> None:
    body = 'def made():\n    return "x"\n\n\noperations = [migrations.{}]'
    field = "models.CharField(max_length=50, default=made)"
    altered, added = tmp_path / "altered", tmp_path / "added"
    checkout(altered, body.format(f'AlterField("employee", "nickname", {field})'))
    checkout(added, body.format(f'AddField("badge", "code", {field})'))

    ended = hrmsops("check", "--fix", "--only", "employees.0002_change", cwd=altered)
    left = hrmsops("check", "--fix", "--dry-run", "--only", "employees.0002_change", cwd=added)

    assert ended.code == 0, ended.out + ended.err
    filled = "rows.filter(pk=key, nickname__isnull=True).update(nickname=made())"
    assert filled in texts(altered)["0002_change.py"]
    assert "release it with `null=True` first" in left.out
