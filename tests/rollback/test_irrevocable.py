"""A hold comes off only when what has left the building is acknowledged, on record, by somebody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.command_line import Ended, end_of
from tests.rollback.holding import AT_WORK, HELD, Works
from tests.rollback.test_terminal import typed
from tests.sandbox.cloud_sql import APP, PASSWORD, make, session

DATABASE = """
[environments.production.database]
name = "hrms"
user = "{user}"
password_env = "HRMSOPS_PASSWORD"
[environments.production.irrevocable]
bank_files = "select name, account from bank_file where sent_at > :since order by name"
mail = "select id from mail where sent_at > :since"
"""
TABLES = """
CREATE TABLE IF NOT EXISTS bank_file (name text, account text, sent_at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS mail (id int, sent_at timestamptz DEFAULT now());
TRUNCATE bank_file, mail;
"""


@pytest.fixture(scope="module")
def instance(sandbox: Client) -> str:
    return make(sandbox, "left-the-building")


@pytest.fixture
def works(
    faults: Client, images: dict[str, str], name: str, tmp_path: Path, instance: str
) -> Iterator[Works]:
    """On hold, before anything has left."""
    made = Works(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    config = made.config.replace("endpoint =", f'instance = "{instance}"\nendpoint =')
    (tmp_path / "hrmsops.toml").write_text(config)
    made.deploy()
    made.begin(images)
    made.append(DATABASE.format(user=APP))
    sql(made, instance, TABLES)
    assert made.hold().code == 0
    yield made
    made.end()


def sql(works: Works, instance: str, statements: str) -> None:
    with session(works.client, instance) as client:
        client.execute(statements.encode())


def send(works: Works, instance: str, *names: str) -> None:
    for name in names:
        sql(works, instance, f"INSERT INTO bank_file VALUES ('{name}', 'a-secret-account')")


def off(works: Works, *words: str) -> Ended:
    return works.let_go(*words, HRMSOPS_PASSWORD=PASSWORD)


def test_what_left_is_listed_by_key_and_acknowledged_on_record(works: Works, instance: str) -> None:
    send(works, instance, "BF-1", "BF-2")

    refused = off(works)

    error = refused.document["error"]
    assert (refused.code, error["code"]) == (3, "irrevocable-not-acknowledged")
    assert error["why"].startswith("bank_files: 2 since ")
    assert error["why"].endswith("(BF-1, BF-2)")
    assert error["fix"] == "Reconcile each, then add --acknowledge bank_files."
    assert works.states == HELD
    mistyped = off(works, "--acknowledge", "bank_file")
    assert (mistyped.code, mistyped.document["error"]["code"]) == (2, "item-unknown")

    done = off(works, "--acknowledge", "bank_files")

    assert done.code == 0, done.out + done.err
    assert works.states == AT_WORK
    [record] = (works.folder / "state").rglob("acknowledged/**/*@1")
    assert b'"by":"oncall@nhia.example"' in record.read_bytes()
    written = b"".join(each.read_bytes() for each in works.folder.rglob("*@*"))
    assert b"a-secret-account" not in written + (refused.out + done.out).encode()


def test_what_was_acknowledged_is_not_asked_about_again_until_more_leaves(
    works: Works, instance: str
) -> None:
    send(works, instance, "BF-1")
    dry = works.hrmsops(
        *("hold", "off", "-e", "production", "--reason", "x", "--json"),
        *("--acknowledge", "bank_files"),
        HRMSOPS_PASSWORD=PASSWORD,
    )
    assert dry.code == 2, dry.out  # Nobody consented; what was said about the files stays said.
    send(works, instance, "BF-2")
    again = off(works)
    assert (again.code, again.document["error"]["code"]) == (3, "irrevocable-not-acknowledged")
    sql(works, instance, "DELETE FROM bank_file WHERE name = 'BF-2'")

    assert off(works).code == 0

    assert works.states == AT_WORK


def test_what_cannot_be_looked_at_has_to_be_acknowledged_too(works: Works, instance: str) -> None:
    sql(works, instance, "DROP TABLE mail")
    refused = off(works)
    assert refused.code == 3
    assert "mail: unknown" in refused.document["error"]["why"]
    assert "UndefinedTable" in refused.document["error"]["why"]
    assert off(works, "--acknowledge", "mail").code == 0


def test_in_a_terminal_each_is_asked(works: Works, instance: str) -> None:
    send(works, instance, "BF-1")
    sql(works, instance, "INSERT INTO mail VALUES (1)")
    words = ("hold", "off", "-e", "production", "--reason", "mended", "--yes")
    environment = works.environment
    works.environment = lambda **more: environment(HRMSOPS_PASSWORD=PASSWORD, **more)  # type: ignore[method-assign]
    terminal = typed(works, *words)
    terminal.expect_exact("bank_files: 1 since")
    terminal.expect_exact("Is bank_files dealt with?")
    terminal.send("y")
    terminal.expect_exact("Is mail dealt with?")
    terminal.send("n")
    assert end_of(terminal) == 3
    assert works.states == HELD
    terminal = typed(works, *words)
    terminal.expect_exact("Is mail dealt with?")
    terminal.send("y")
    assert end_of(terminal) == 0
    assert works.states == AT_WORK
