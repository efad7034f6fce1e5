"""`init --scripts`: the guide's names, in a checkout, called as the guide calls them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hrmsops.sandbox.releases import build
from tests.command_line import Ended, end_of, environment, hrmsops, in_terminal, on_path

SCRIPTS = [
    "scripts/deployment/seed-production.sh",
    "scripts/migration/check-migration-safety.py",
    "scripts/migration/run-migrations.sh",
]
BACKFILL = "backend/core/management/commands/backfill_data.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the HRMS in miniature, without the guide's own backfill framework."""
    root = tmp_path / "the checkout"
    (root / ".git").mkdir(parents=True)
    build("2024.2", root / "backend")
    (root / BACKFILL).unlink()
    return root


def typed(line: str, *, cwd: Path) -> Ended:
    """A line of the guide, where hrmsops and python are on the PATH."""
    ended = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=cwd,
        env=environment(PATH=on_path(cwd.parent / "the bin")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)


def test_the_guides_names_lead_to_hrmsops(checkout: Path) -> None:
    written = hrmsops("init", "--scripts", cwd=checkout / "backend")

    assert written.code == 0, written.err
    assert "4 written" in written.err
    plain = typed("python scripts/migration/check-migration-safety.py", cwd=checkout)
    assert plain.code == 0, plain.out + plain.err
    app = typed(
        "python scripts/migration/check-migration-safety.py --app employees --json", cwd=checkout
    )
    assert app.document["checked"]["migrations"] == 2
    (checkout / "backend/leave/migrations/0009_bad.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('leave', '0001_initial')]\n"
        "    operations = [migrations.DeleteModel('LeaveRequest')]\n"
    )
    strict = typed("python scripts/migration/check-migration-safety.py --strict", cwd=checkout)
    assert strict.code == 3
    assert "table-dropped" in strict.out
    listed = typed("python manage.py backfill_data --help", cwd=checkout / "backend")
    assert listed.code == 0, listed.err
    assert "--resume" in listed.out
    # Without a database nothing is written, but each has understood the guide's words.
    for line in (
        "./scripts/migration/run-migrations.sh --app employees --dry-run",
        "./scripts/migration/run-migrations.sh --interactive --proxy",
        "./scripts/deployment/seed-production.sh --env production --dry-run",
    ):
        ended = typed(line, cwd=checkout)
        assert (ended.code, "no-environment" in ended.err) == (2, True), line + ended.err


def test_only_who_asks_for_it_is_asked(checkout: Path) -> None:
    assert hrmsops("init", "--scripts", cwd=checkout).code == 0
    shim = checkout.parent / "the bin"
    on_path(shim)  # The others are there already, and these are kept.
    (shim / "hrmsops").write_text('#!/bin/sh\necho "$@"\n')

    def words(line: str) -> str:
        return typed(line, cwd=checkout).out.strip()

    assert words("scripts/migration/run-migrations.sh --app 'a b'") == "migrate --yes --app a b"
    for flag in ("--interactive", "-i"):
        assert words(f"scripts/migration/run-migrations.sh {flag}") == f"migrate {flag}"
    assert words("scripts/deployment/seed-production.sh --env production") == (
        "seed --yes --env production"
    )
    terminal = in_terminal(
        "-c",
        "import os; os.execv('scripts/deployment/seed-production.sh', ['seed', '--proxy'])",
        cwd=checkout,
        PATH=on_path(shim),
    )
    terminal.expect_exact("seed --proxy")
    assert end_of(terminal) == 0
    said = "scripts/migration/run-migrations.sh --reason 'an --interactive one'"
    assert words(said) == "migrate --yes --reason an --interactive one"
    (shim / "hrmsops").unlink()
    for script in SCRIPTS:
        missing = typed(f"/usr/bin/env -i PATH=/usr/bin:/bin {script} --dry-run", cwd=checkout)
        assert missing.err == "hrmsops is not on the PATH: pip install hrmsops\n", script
        assert missing.code == 127


def test_what_somebody_changed_is_overwritten_only_when_that_is_asked_for(checkout: Path) -> None:
    own = checkout / SCRIPTS[0]
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\nloaddata\n")

    refused = hrmsops("init", "--scripts", cwd=checkout)

    assert refused.code == 2
    assert f"differs {SCRIPTS[0]}" in refused.err
    assert "Add --overwrite" in refused.err
    assert [path for path in SCRIPTS if (checkout / path).exists()] == SCRIPTS[:1]
    shown = hrmsops("init", "--scripts", "--dry-run", cwd=checkout)
    assert shown.code == 0
    assert "-loaddata\n" in shown.out
    assert '+exec hrmsops seed "$@"\n' in shown.out
    document = hrmsops("init", "--scripts", "--dry-run", "--json", cwd=checkout).document
    assert {each["path"]: each["state"] for each in document["files"]}[SCRIPTS[0]] == "differs"
    declined = in_terminal("-m", "hrmsops", "init", "--scripts", cwd=checkout)
    declined.expect("Overwrite")
    declined.send("n")
    assert end_of(declined) == 4
    assert own.read_text() == "#!/bin/sh\nloaddata\n"

    written = hrmsops("init", "--scripts", "--overwrite", cwd=checkout)

    assert written.code == 0
    assert "3 written, 1 overwritten" in written.err
    assert "exec hrmsops seed" in own.read_text()
    assert own.stat().st_mode & 0o111
    assert "4 as before" in hrmsops("init", "--scripts", cwd=checkout).err


def test_what_has_no_place_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ended = hrmsops("init", "--scripts", "--json", cwd=tmp_path)

    assert [each["path"] for each in ended.document["files"]] == [*SCRIPTS[1:], SCRIPTS[0]]
    assert "no manage.py was found" in ended.document["notes"][0]
    again = hrmsops("init", "--scripts", "--kind=staging", cwd=tmp_path)
    assert again.code == 2
    assert "leave out --kind" in again.err
    (tmp_path / "scripts").rename(tmp_path / "gone")
    (tmp_path / "scripts").write_text("a file\n")
    blocked = hrmsops("init", "--scripts", cwd=tmp_path)
    assert blocked.code == 2
    assert "Not a directory" in blocked.err
