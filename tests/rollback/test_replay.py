"""`replay`: what users wrote in the old database comes over, the damage does not, the rest is told.

The cutover's own half is tests/rollback/test_promote.py; here a run of one step keeps what differs.
"""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Ended
from tests.doctor.witness import only_what_is_listed
from tests.rollback.estate import Recovery
from tests.sandbox.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("replay")]

SCHEMA = """
CREATE TABLE r_person (id bigserial PRIMARY KEY, name text, grade text);
CREATE TABLE r_slip (id bigserial PRIMARY KEY, person_id bigint NOT NULL REFERENCES r_person,
    amount numeric(12,2), note text);
CREATE TABLE r_logged (id bigserial PRIMARY KEY, amount numeric(12,2));
INSERT INTO r_person (name, grade) SELECT 'Ama ' || n, 'G' FROM generate_series(1, 20) n;
INSERT INTO r_slip (person_id, amount, note) SELECT n, n * 100, 'n' FROM generate_series(1, 20) n;
INSERT INTO r_logged (amount) SELECT n FROM generate_series(1, 5) n;
"""
MIGRATION = """
UPDATE r_slip SET amount = 0;
ALTER TABLE r_person RENAME grade TO rank;
ALTER TABLE r_person ADD email text;
DELETE FROM r_slip WHERE id = 20;
INSERT INTO django_migrations (app, name, applied) VALUES ('payroll', '0007_zero', now());
"""
USERS = """
UPDATE r_slip SET note = 'edited' WHERE id = 1;
UPDATE r_slip SET amount = 150 WHERE id = 2;
DELETE FROM r_slip WHERE id = 4;
UPDATE r_person SET name = 'a-personal-value' WHERE id = 5;
UPDATE r_person SET rank = 'H' WHERE id = 7;
INSERT INTO r_person (name, rank) VALUES ('Kofi', 'G');
INSERT INTO r_slip (person_id, amount, note) VALUES (21, 7, 'first');
"""
TRAFFIC = """
INSERT INTO r_person (id, name) VALUES (900, 'new since');
UPDATE r_slip SET note = 'written since' WHERE id = 9;
"""


@dataclass(frozen=True)
class Lost:
    """A recovery that kept what differs, and the engineer who replays it."""

    recovery: Recovery
    run: str
    clone: str
    damage: str
    migration: int

    def replay(self, *words: str, **variables: str) -> Ended:
        return self.recovery.hrmsops("replay", self.run, "--json", *words, **variables)

    def apply(self, *words: str) -> Ended:
        return self.replay("--apply", "--reason", "lost writes", "--yes", *words)

    @property
    def known(self) -> tuple[str, str]:
        return ("--damage-transaction", str(self.migration))

    @property
    def second_clone(self) -> tuple[str, str]:
        return ("--damage-clone", self.damage)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.recovery.query(sql, instance=self.clone)

    def kept(self, *, old: str) -> str:
        """A run that keeps what differs, as a cutover does behind its fence."""
        step = ("capture-differences", f"old={old}", f"clone={self.clone}")
        ended = self.recovery.python("-m", "tests.rollback.one_step", *step)
        assert ended.code == 0, ended.err
        assert ended.document["outcome"] == "done", ended.out
        return str(ended.document["run"])


@pytest.fixture(scope="module")
def lost(engineer: Recovery) -> Lost:
    """Users wrote, a migration damaged, users went on; both moments recovered; users came back."""
    recovery = engineer
    recovery.query(SCHEMA)
    before = recovery.now()
    [(migration,)] = recovery.query(f"BEGIN; {MIGRATION} COMMIT; {LAST_MIGRATION}")
    after = recovery.now()
    for statement in USERS.split(";"):
        recovery.query(statement)
    made = [recovery.pitr(moment) for moment in (before, after)]
    assert [each.code for each in made] == [0, 0], made[0].err + made[1].err
    clone, damage = (each.document["clone"] for each in made)
    found = Lost(recovery=recovery, run="", clone=clone, damage=damage, migration=migration)
    found = replace(found, run=found.kept(old=recovery.source))
    found.query(TRAFFIC)
    return found


LAST_MIGRATION = "SELECT xmin::text::bigint FROM django_migrations ORDER BY id DESC LIMIT 1"


def counts(ended: Ended, table: str) -> dict[str, int]:
    """What the document says of one table; nothing where it is not in it."""
    [found] = [each for each in ended.document["tables"] if each["table"] == table] or [{}]
    return {op: n for op, n in found.items() if op != "table" and n}


def conflicts(ended: Ended, table: str) -> set[tuple[str, str]]:
    """Reason and key."""
    return {
        (each["reason"], key[0])
        for each in ended.document["conflicts"]
        if each["table"] == table
        for key in each["keys"]
    }


def test_without_a_word_on_the_damage_nothing_is_applied_and_the_migration_is_named(
    lost: Lost,
) -> None:
    before = lost.query(EVERYTHING)
    shown = lost.replay()
    applied = lost.apply()

    assert shown.code == 0, shown.out + shown.err
    assert {each["transaction"] for each in shown.document["writers"] if each["migrations"]} == {
        lost.migration
    }
    assert not any(counts(shown, t).get("insert") for t in ("r_slip", "r_person"))
    assert applied.code == 3
    assert applied.document["error"]["code"] == "damage-unknown"
    assert str(lost.migration) in applied.document["error"]["fix"]
    assert lost.query(EVERYTHING) == before


def test_the_second_clone_tells_users_writes_from_the_damage(lost: Lost) -> None:
    shown = lost.replay(*lost.second_clone)

    assert shown.code == 0, shown.out + shown.err
    assert counts(shown, "r_slip") == {
        "insert": 1, "update": 1, "delete": 1, "conflict": 1, "aside": 18
    }  # fmt: skip
    assert conflicts(shown, "r_slip") == {("written-on-damage", "2")}
    assert ("column-not-in-recovered-schema", "7") in conflicts(shown, "r_person")


def test_the_transaction_alone_leaves_deletions_in_doubt(lost: Lost) -> None:
    shown = lost.replay(*lost.known)

    assert shown.code == 0, shown.out + shown.err
    assert {("deleted-by-whom-unknown", "4"), ("deleted-by-whom-unknown", "20")} <= conflicts(
        shown, "r_slip"
    )


def test_a_number_that_wrote_nothing_is_not_taken_for_the_damage(lost: Lost) -> None:
    """It would make a user's write of all that the damage did."""
    [(unused,)] = lost.recovery.query("SELECT pg_current_xact_id()::text")
    before = lost.query(EVERYTHING)

    refused = lost.apply("--damage-transaction", unused)

    assert refused.code == 3, refused.out
    told = refused.document["error"]
    assert told["code"] == "damage-wrote-nothing"
    assert f"{lost.migration} (payroll.0007_zero)" in told["why"]
    assert told["fix"].endswith(f"--damage-transaction {lost.migration}")
    assert lost.query(EVERYTHING) == before


def test_another_number_than_the_ledgers_is_taken_only_when_that_is_accepted(
    lost: Lost, tmp_path: Path
) -> None:
    shutil.copytree(lost.recovery.folder / "state", tmp_path / "state")
    own = replace(lost, recovery=replace(lost.recovery, folder=tmp_path))
    manifest = tmp_path / "state" / "replays" / own.run / "captured" / "manifest.json"
    number, kept = own.migration, json.loads(manifest.read_text())
    entry = {"migration": "payroll.0007_zero", "number": number, "first": number, "end": number + 1}
    manifest.write_text(json.dumps(kept | {"ledger": [entry]}))
    users = next(each["number"] for each in kept["writers"] if not each["migrations"])

    refused = own.replay("--damage-transaction", str(users))
    accepted = own.replay("--damage-transaction", str(users), "--accept", "damage-on-record")
    named = own.replay(*own.known)

    assert (refused.code, refused.document["error"]["code"]) == (3, "damage-on-record")
    assert f"payroll.0007_zero ({number})" in refused.document["error"]["why"]
    assert accepted.code == 0, accepted.out + accepted.err
    assert "though the ledger has payroll.0007_zero" in accepted.document["damage"]["evidence"]
    assert named.document["damage"]["transactions"] == [str(number)]
    assert named.document["damage"]["evidence"] == "named by the operator"


def test_a_renamed_column_is_mapped(lost: Lost) -> None:
    mapped = lost.replay(*lost.second_clone, "--map", "r_person.grade=rank")
    wrong = lost.replay(*lost.known, "--map", "r_person.name=email")

    assert mapped.code == 0, mapped.out + mapped.err
    assert counts(mapped, "r_person") == {"insert": 1, "update": 2}
    assert wrong.code == 2
    assert wrong.document["error"]["fix"] == "--map r_person.grade=rank"


def test_the_files_are_their_owners_and_screens_hold_no_values(lost: Lost, tmp_path: Path) -> None:
    out = tmp_path / "out"

    shown = lost.replay(*lost.second_clone, "--out", str(out))
    again = lost.replay(*lost.second_clone, "--out", str(out))

    assert shown.code == 0, shown.out + shown.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert "a-personal-value" in (out / "public.r_person.jsonl").read_text()
    assert "a-personal-value" not in shown.out + shown.err
    assert again.document["error"]["code"] == "folder-taken"
    kept = lost.recovery.folder / "state" / "replays"
    assert {stat.S_IMODE(p.stat().st_mode) for p in kept.rglob("*") if p.is_file()} == {0o600}
    records = b"".join(p.read_bytes() for p in (lost.recovery.folder / "state").rglob("*@*"))
    assert b"r_person" in records
    assert b"a-personal-value" not in records


def test_a_killed_replay_goes_on_and_is_taken_back_and_made_again(lost: Lost) -> None:
    asked = (*lost.second_clone, "--map", "r_person.grade=rank")
    before = lost.query(EVERYTHING)
    own = lost.recovery.client.home.config
    with lost.recovery.session(lost.clone) as session, session.transaction():
        session.execute("SELECT FROM r_slip WHERE id = 1 FOR UPDATE")
        words = ("replay", lost.run, "--apply", "--reason", "lost writes", "--yes", *asked)
        process = lost.recovery.start(*words)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        eventually(lambda: lost.query(waiting) == [(1,)] or process.poll() is not None)
        process.kill()
        process.communicate(timeout=60)
    assert lost.query("SELECT name FROM r_person WHERE id = 5") == [("a-personal-value",)]

    ended = lost.recovery.hrmsops("resume", "--json")

    assert ended.code == 0, ended.out + ended.err
    result = ended.document["steps"][-1]["result"]
    assert (result["applied"], result["left"]) == (6, 0)
    rows = "SELECT id, amount, note FROM r_slip WHERE id IN (1, 2, 4, 9, 20, 21) ORDER BY id"
    assert [tuple(map(str, row)) for row in lost.query(rows)] == [
        ("1", "100.00", "edited"),
        ("2", "200.00", "n"),
        ("9", "900.00", "written since"),
        ("20", "2000.00", "n"),
        ("21", "7.00", "first"),
    ]
    assert lost.query("SELECT grade FROM r_person WHERE id IN (7, 900) ORDER BY id") == [
        ("H",),
        (None,),
    ]
    lost.query("UPDATE r_person SET grade = 'I' WHERE id = 7")

    back = lost.replay("--take-back", "--reason", "not yet", "--yes")
    assert back.code == 0, back.out + back.err
    assert back.document["steps"][-1]["result"]["left"] == 1, "what was written since stays"
    lost.query("UPDATE r_person SET grade = 'G' WHERE id = 7")
    assert lost.query(EVERYTHING) == before
    assert lost.replay("--take-back", "--reason", "x", "--yes").code == 2

    with only_what_is_listed(lost.recovery.client, own, "replay"):
        again = lost.apply(*asked)
    assert again.code == 0, again.out + again.err
    assert again.document["steps"][-1]["result"]["applied"] == 6


EVERYTHING = (
    "SELECT 'p', id, name, grade FROM r_person UNION ALL"
    " SELECT 's', id, note, amount::text FROM r_slip ORDER BY 1, 2"
)


def test_a_log_brings_over_what_no_database_has_any_more(lost: Lost, tmp_path: Path) -> None:
    """As `gcloud logging read --format=json` prints it, newest first."""
    gone = replace(lost, run=lost.kept(old=""))
    gone.query("UPDATE r_logged SET amount = 50 WHERE id = 5")
    log = tmp_path / "committed.json"
    log.write_text(json.dumps([_entry(*each) for each in reversed(LOGGED)]))

    without = gone.replay()
    shown = gone.replay("--from", str(log))
    ended = gone.apply("--from", str(log))

    assert without.document["error"]["code"] == "log-needed"
    assert counts(shown, "r_logged") == {"insert": 1, "update": 1, "delete": 1, "conflict": 1}
    assert conflicts(shown, "r_logged") == {("written-since-the-recovery", "5")}
    assert ended.code == 0, ended.out + ended.err
    assert gone.query("SELECT id, amount::text FROM r_logged ORDER BY id") == [
        (1, "1.00"),
        (2, "22.50"),
        (4, "4.00"),
        (5, "50.00"),
        (9, "9.00"),
    ]


LOGGED = [
    ("insert", 9, {"amount": "8.00"}),
    ("update", 2, {"amount": "22.50"}),
    ("update", 9, {"amount": "9.00"}),
    ("delete", 3, {}),
    ("update", 5, {"amount": "5.55"}),
]


def _entry(op: str, key: int, columns: dict[str, str]) -> dict[str, Any]:
    number = [each[:2] for each in LOGGED].index((op, key))
    return {
        "timestamp": f"2026-11-23T10:00:{number:02}Z",
        "jsonPayload": {
            "message": "committed",
            "table": "r_logged",
            "key": {"id": key},
            "op": op,
            "columns": columns,
            "transaction": 10**9 + number,
            "committed_at": f"2026-11-23T10:00:{number:02}Z",
        },
    }


def test_a_kill_while_differences_are_kept_leaves_nothing_half(lost: Lost) -> None:
    recovery = lost.recovery
    step = ("capture-differences", f"old={recovery.source}", f"clone={lost.clone}")
    with recovery.session() as session, session.transaction():
        session.execute("LOCK TABLE r_slip IN ACCESS EXCLUSIVE MODE")
        process = recovery.start_python("-m", "tests.rollback.one_step", *step)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
        eventually(lambda: recovery.query(waiting) == [(1,)] or process.poll() is not None)
        process.kill()
        process.communicate(timeout=60)

    ended = recovery.hrmsops("resume", "--json")

    assert ended.code == 0, ended.out + ended.err
    kept = recovery.folder / "state" / "replays" / ended.document["run"] / "captured"
    tables = json.loads((kept / "manifest.json").read_text())["tables"]
    files = {table["file"] for table in tables}
    assert files | {"manifest.json"} == {path.name for path in kept.iterdir()}
    assert ended.document["steps"][0]["result"]["captured"] > 0


def test_where_the_old_database_is_gone_new_rows_get_numbers_of_their_own(lost: Lost) -> None:
    lost.query("CREATE TABLE r_number (id bigserial PRIMARY KEY, small smallserial)")
    lost.query("INSERT INTO r_number DEFAULT VALUES")
    step = ("advance-sequences", "old=", f"clone={lost.clone}")

    ended = lost.recovery.python("-m", "tests.rollback.one_step", *step)

    assert ended.document["outcome"] == "done", ended.out + ended.err
    last = "SELECT pg_sequence_last_value('r_number_{}_seq'::regclass)"
    assert lost.query(last.format("id")) == [(100_001,)]
    assert lost.query(last.format("small")) == [(2**14,)], "not to its end"


def test_files_are_removed_by_the_runs_name_alone(lost: Lost, tmp_path: Path) -> None:
    state = tmp_path / "state"
    shutil.copytree(lost.recovery.folder / "state", state)
    own = replace(lost, recovery=replace(lost.recovery, folder=tmp_path))

    unsaid = own.replay("--purge", "--yes")
    removed = own.replay("--purge", "--confirm", own.run)
    after = own.replay(*own.known)

    assert unsaid.document["error"]["code"] == "answer-needed"
    assert removed.document["removed"] == [own.run]
    assert not (state / "replays" / own.run).exists()
    assert after.document["error"]["code"] == "files-gone"


def test_a_run_that_kept_nothing_has_nothing_to_replay(lost: Lost) -> None:
    [stopped, *_] = [
        each["run"]
        for each in lost.recovery.hrmsops("runs", "--json").document["runs"]
        if each["command"] == "rollback pitr"
    ]
    ended = lost.recovery.hrmsops("replay", stopped, "--json")
    unknown = lost.recovery.hrmsops("replay", "260101-000000-0000", "--json")

    assert (ended.code, ended.document["error"]["code"]) == (2, "nothing-to-replay")
    assert "--continue" in ended.document["error"]["fix"]
    assert unknown.document["error"]["code"] == "run-not-found"
