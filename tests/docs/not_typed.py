"""Lines that are typed elsewhere, and where; the test of the docs prints them."""

from __future__ import annotations

from tests.docs.lines import commands

_WIZARD = "it asks in a terminal: tests/test_drill_by_wizard.py and tests/rollback/test_terminal.py"
_DRILL = "a drill is a production of its own: tests/test_drill*.py"
_WORKFLOWS = "it needs [environments.production.github]: tests/github"
_RECORD = "the record is one folder here: tests of the shared record have a bucket"
GCLOUD_BEYOND = ("iam", "run jobs create", "scheduler jobs create")
"""What the sandbox does not have, and gcloud sets up once: it is not typed."""
_NAMED = {
    "hrmsops drill all": _DRILL,
    "hrmsops drill bad-migration": _DRILL,
    "hrmsops drill bad-release": _DRILL,
    "hrmsops drill lost-data": _DRILL,
    "hrmsops drill lost-data --tables": _DRILL,
    "hrmsops drill --surprise": _DRILL,
    "hrmsops drill total-failure": _DRILL,
    "hrmsops drill total-failure --json": _DRILL,
    "hrmsops rollback --interactive -e production": _WIZARD,
    "hrmsops rollback -e production -i": _WIZARD,
    "hrmsops rollback backup -e production --interactive": _WIZARD,
    "hrmsops migrate -e production --interactive": "tests/migrate/test_command.py",
    "hrmsops checklist RUN --interactive": "tests/aftermath/test_checklist.py",
    "hrmsops check --trace": "each migration as a deploy of its own: tests/safety/test_trace.py",
    "hrmsops check --trace --trace-url postgresql://me@localhost/empty": (
        "it needs a server of somebody's own: tests/safety/test_trace.py"
    ),
    "hrmsops backfill -e production --backfill set_employee_status --job --tasks 4": (
        "executions of a job, each a process: tests/rollback/test_backfill_outside.py"
    ),
    "hrmsops migrate -e production --job --image REGISTRY/hrms@sha256:…": (
        "a job's image: tests/rollback/test_far_away.py"
    ),
    "hrmsops migrate --image": "it lacks its value: tests/migrate/test_rollback_migration.py",
    "hrmsops resume RUN --acknowledge NAME": (
        "a run that waits for it: tests/rollback/test_cutover_ends.py"
    ),
    "hrmsops init --github": _WORKFLOWS,
    "hrmsops init --github --dry-run": _WORKFLOWS,
    "hrmsops runs sync": _RECORD,
    "hrmsops runs prune --older-than 90d -e staging": _RECORD,
    "hrmsops sandbox up --shared-record": _RECORD,
    "hrmsops sandbox fault error --code 503 --path storage/v1/ --times 100": _RECORD,
    "hrmsops sandbox fault hang --path storage/v1/ --times 100": _RECORD,
    "hrmsops sandbox fault deny --permission storage.objects.delete": _RECORD,
    "gcloud logging read 'jsonPayload.message=\"committed\"' --format=json": (
        "the sandbox has no Cloud Logging; what it prints: tests/rollback/test_replay.py"
    ),
}
NOT_TYPED = {words: reason for line, reason in _NAMED.items() for words in commands(line)}
