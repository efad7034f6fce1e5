"""`hrmsops seed` as it is typed, on a production and a staging of the sandbox."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from hrmsops.errors import HrmsopsError
from hrmsops.sandbox.blueprint import STAGING
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.releases import build
from tests.command_line import Ended, end_of, environment, hrmsops, on_path
from tests.doctor.witness import only_what_is_listed
from tests.fixtures.proxied import certificates, configured_by_auth_proxy
from tests.rollback.conftest import estate
from tests.rollback.estate import Recovery

__all__ = ["estate"]

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery staple"
SECRET = "projects/nhia-hrms/secrets/test-admin"
NAP = """
CREATE OR REPLACE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER nap AFTER INSERT ON reference_bank EXECUTE FUNCTION nap();
"""
DOWN = "\x1b[B"
NAPPING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
GUIDE = {
    "production": "./scripts/deployment/seed-production.sh --env production",
    "staging": "./scripts/deployment/seed-production.sh --env staging",
    "dry run": "./scripts/deployment/seed-production.sh --dry-run",
    "proxy": "./scripts/deployment/seed-production.sh --env production --proxy",
}
"""The guide's command lines, word for word."""


@dataclass
class Desk:
    """An engineer with the HRMS's code; both databases are empty of reference data."""

    recovery: Recovery
    folder: Path

    def __post_init__(self) -> None:
        build("2024.2", self.folder / "project")
        (self.folder / ".git").mkdir(exist_ok=True)  # Else a repository around.
        self.config = self.folder / "hrmsops.toml"
        self.configure()
        for instance in (self.recovery.source, STAGING.instance):
            self.query(instance, "DROP TRIGGER IF EXISTS nap ON reference_bank")
            self.query(
                instance,
                "DROP TABLE IF EXISTS hrmsops.seeds, hrmsops.seeded_values"
                if self.query(instance, "SELECT to_regnamespace('hrmsops')::text") != [(None,)]
                else "SELECT 1",
            )
            self.query(instance, _EMPTY)

    def keep_secret(self, name: str, value: str) -> None:
        """A version in the sandbox's Secret Manager."""
        call, parent = self.recovery.client.call, SECRET.rpartition("/")[0]
        with suppress(HrmsopsError):  # It is there since the first try.
            call("POST", f"/v1/{parent}?secretId={name}", {"replication": {"automatic": {}}})
        data = base64.b64encode(f"{value}\n".encode()).decode()
        call("POST", f"/v1/{SECRET}:addVersion", {"payload": {"data": data}})

    def configure(self, *, more: str = "", **changes: str) -> None:
        text = self.recovery.client.home.config.read_text()
        for old, new in changes.items():
            text = text.replace(old.replace("__", "-"), new)
        django = f'[django]\nroot = "project"\npython = "{sys.executable}"\n'
        self.config.write_text(f'{text}\n{django}settings = "hrms.settings"\n{more}')

    def words(self, *more: str) -> tuple[str, ...]:
        return ("seed", "--config", str(self.config), *more)

    def production(self, *more: str, **variables: str) -> Ended:
        return self.recovery.hrmsops(*self.words("-e", "production", *more), **variables)

    def staging(self, *more: str, **variables: str) -> Ended:
        variables = {"HRMSOPS_PASSWORD": self._staging_password} | variables
        return self.recovery.hrmsops(*self.words("-e", "staging", *more), **variables)

    @property
    def _staging_password(self) -> str:
        return self.recovery.password(instance=STAGING.instance)

    def query(self, instance: str, sql: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1",
            port=int(self.recovery.client.instance(instance)["port"]),
            dbname="hrms",
            user="hrms_ops",
            password=self.recovery.password(instance=instance),
            autocommit=True,
        ) as session:
            session.execute("SET ROLE hrms_app")
            cursor = session.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str, instance: str = "") -> int:
        rows = self.query(instance or self.recovery.source, f"SELECT count(*) FROM {table}")
        return int(rows[0][0])

    def records(self) -> str:
        """All that hrmsops keeps of its runs."""
        files = [each for each in self.folder.rglob("state/**/*") if each.is_file()]
        return "".join(each.read_text(errors="replace") for each in files)

    def forget_administrator(self) -> None:
        """Neither there nor on record: the next seed of staging makes it."""
        self.query(STAGING.instance, "DELETE FROM reference_user")
        forget = "DELETE FROM hrmsops.seeded_values WHERE relation = 'reference_user'"
        self.query(STAGING.instance, forget)

    def takes(self, password: str) -> bool:
        """Whether the test administrator's hash is of that password, by PBKDF2 itself."""
        [(kept,)] = self.query(STAGING.instance, "SELECT password FROM reference_user")
        _, rounds, salt, digest = kept.split("$")
        made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), int(rounds))
        return bool(base64.b64encode(made).decode() == digest)

    def typed(self, line: str, *, env: str, **variables: str) -> Any:
        """A line of the guide in a terminal of 80 columns."""
        source = STAGING.instance if env == "staging" else self.recovery.source
        own = {
            "HRMSOPS_STATE_DIR": str(self.recovery.folder / "state"),
            "HRMSOPS_PASSWORD": self.recovery.password(instance=source),
            "PATH": on_path(self.folder / "bin"),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        }
        return pexpect.spawn(
            "/bin/sh",
            ["-c", line],
            cwd=str(self.folder),
            env=environment(**own | variables),
            dimensions=(40, 80),
            encoding="utf-8",
            timeout=60,
        )


_EMPTY = (
    "TRUNCATE reference_role_permissions, reference_bankbranch, reference_bank, reference_role,"
    " reference_permission, reference_jobgrade, reference_jobcategory, reference_leavetype,"
    " reference_taxbracket, reference_taxrelief, reference_ssnitrate, reference_paycomponent,"
    " reference_misconductcategory, reference_grievancecategory, reference_user"
)


@pytest.fixture
def desk(estate: Client, tmp_path: Path) -> Desk:
    return Desk(Recovery(client=estate, folder=tmp_path), tmp_path)


def test_production_gets_what_lacks_and_nobodys_work_is_undone(desk: Desk) -> None:
    shown = desk.production("--dry-run", "--json")
    assert shown.code == 0, shown.out
    counts = {each["table"]: each["added"] for each in shown.document["tables"]}
    assert (counts["bank_branches"], counts["payroll_roles"], counts["roles"]) == (1364, 7, 11)
    assert "test_administrator" not in counts
    assert desk.count("reference_role") == 0

    with only_what_is_listed(desk.recovery.client, desk.config, "seed"):
        done = desk.production("--yes", "--json")
    assert done.code == 0, done.out
    assert done.document["kind"] == "run"
    assert done.document["steps"][0]["result"]["added"] == 1507
    assert desk.count("reference_role_permissions") == 7
    assert desk.production("--yes", "--json").document["run"] is None

    desk.query(desk.recovery.source, "UPDATE reference_role SET name = 'X' WHERE code = 'auditor'")
    again = desk.production("--only", "roles", "--dry-run", "--diff")
    assert again.code == 0, again.err
    assert 'auditor: name X -> "Internal auditor (read only)"' in " ".join(again.out.split())
    assert "changed by hand since the last seed" in again.out
    overwrite = ("--only", "roles", "--overwrite", "--reason", "audit")
    refused = desk.production(*overwrite, "--yes")
    assert refused.code == 2
    assert "--confirm production" in refused.err
    over = desk.production(*overwrite, "--confirm", "production", "--json")
    assert over.code == 0, over.out
    assert over.document["steps"][0]["result"]["changed"] == 1

    admin = desk.production("--only", "test-administrator", "--yes", "--json")
    assert (admin.code, admin.document["error"]["code"]) == (3, "fixture-not-for-kind")
    assert desk.count("reference_user") == 0


def test_staging_gets_an_administrator_whose_password_stands_nowhere(desk: Desk) -> None:
    only = ("--only", "roles", "--only", "test_administrator", "--yes", "--json")
    alone = desk.staging(*only)
    assert (alone.code, alone.document["error"]["code"]) == (2, "administrator-password-missing")
    weak = desk.staging(*only, HRMSOPS_TEST_ADMIN_PASSWORD="too short")
    assert weak.document["failure"]["code"] == "administrator-password-refused"
    assert desk.count("reference_role", STAGING.instance) == 0

    done = desk.staging(*only, HRMSOPS_TEST_ADMIN_PASSWORD=PASSWORD)

    assert done.code == 0, done.out
    [(name, kept)] = desk.query(STAGING.instance, "SELECT username, password FROM reference_user")
    assert name == "test-admin"
    assert kept.startswith("pbkdf2_sha256$")
    assert "seed-tables" in desk.records()
    for secret in (PASSWORD, kept):
        assert secret not in done.out + done.err + desk.records()
    desk.keep_secret("test-admin", PASSWORD)
    desk.configure(more=f'[seed.administrator]\npassword_secret = "{SECRET}/versions/latest"\n')
    desk.forget_administrator()
    from_secret = desk.staging(*only)
    assert from_secret.code == 0, from_secret.out
    assert PASSWORD not in from_secret.out + from_secret.err
    assert desk.count("reference_user", STAGING.instance) == 1
    again = desk.staging(*only)
    assert (again.code, again.document["run"]) == (0, None)


def test_a_password_is_typed_twice_unseen_until_the_projects_own_rules_take_it(desk: Desk) -> None:
    assert hrmsops("init", "--scripts", cwd=desk.folder).code == 0
    line = f"{GUIDE['staging']} --only test_administrator > told"
    seed = desk.typed(line, env="staging")
    seed.logfile_read = screen = io.StringIO()
    seed.expect("administrator's password")
    seed.send(f"{DOWN}\r")
    for first, second, then in (
        (PASSWORD, PASSWORD.upper(), "The two differ"),
        ("too short", "too short", "12 characters"),
        (PASSWORD, PASSWORD, "Apply this plan"),
    ):
        seed.expect("it is not shown")
        seed.send(f"{first}\r")
        seed.expect("The same again")
        seed.send(f"{second}\r")
        seed.expect(then)
    seed.send("y")
    assert end_of(seed) == 0

    assert desk.takes(PASSWORD)
    result = (desk.folder / "told").read_text()
    assert "Done in" in result
    told = screen.getvalue() + result + desk.records()
    assert not any(each in told for each in (PASSWORD, PASSWORD.upper(), "too short"))


def test_what_is_called_staging_and_has_productions_instance_gets_none(desk: Desk) -> None:
    desk.configure(nhia__hrms__staging="nhia-hrms-production")
    own = {"HRMSOPS_PASSWORD": desk.recovery.password(), "HRMSOPS_TEST_ADMIN_PASSWORD": PASSWORD}

    ended = desk.staging("--yes", "--json", **own)

    assert (ended.code, ended.document["error"]["code"]) == (3, "database-is-production")
    assert desk.count("reference_user") == 0


def test_a_seed_that_was_killed_in_its_transaction_is_resumed_and_writes_once(desk: Desk) -> None:
    source = desk.recovery.source
    desk.query(source, NAP)
    process = desk.recovery.start(*desk.words("-e", "production", "--yes", "--json"))
    deadline = time.monotonic() + 60
    while desk.query(source, NAPPING) == [(0,)] and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    desk.query(source, "SELECT pg_sleep(0)")
    assert desk.count("reference_role") == 0

    ended = desk.recovery.hrmsops("resume", "--json", "--config", str(desk.config))

    assert ended.code == 0, ended.out + ended.err
    assert ended.document["steps"][0]["result"]["added"] == 1507
    assert (desk.count("reference_bank"), desk.count("reference_bankbranch")) == (27, 1364)
    assert desk.count("hrmsops.seeds") == 1


def test_the_guides_lines_do_what_the_guide_says(desk: Desk) -> None:
    assert hrmsops("init", "--scripts", cwd=desk.folder).code == 0
    looked = desk.typed(GUIDE["dry run"], env="staging", HRMSOPS_ENV="staging")
    looked.expect("Nothing was changed")
    assert end_of(looked) == 0

    staging = desk.typed(GUIDE["staging"], env="staging")
    staging.expect("administrator's password")
    staging.send("\r")
    staging.expect(r"Password: [^\r\n]*?([A-Za-z0-9]{20})(?![A-Za-z0-9])")
    password = staging.match.group(1)
    staging.expect("Apply this plan")
    staging.send("y")
    staging.expect("Done in")
    assert end_of(staging) == 0
    assert desk.count("reference_user", STAGING.instance) == 1
    assert desk.takes(password)
    assert password not in desk.records()

    via = configured_by_auth_proxy(desk.config)
    before = certificates(desk.recovery.client, via)
    production = desk.typed(GUIDE["proxy"], env="production")
    production.expect("Apply this plan")
    production.send("y")
    production.expect("Done in")
    assert end_of(production) == 0
    assert certificates(desk.recovery.client, via) > before
    assert desk.count("reference_bankbranch") == 1364
    again = desk.typed(GUIDE["production"], env="production")
    again.expect("Nothing to do")
    assert end_of(again) == 0
