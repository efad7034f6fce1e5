"""One night on one production, in which every line of the docs is typed."""

from __future__ import annotations

import json
import shutil

from hrmsops.sandbox.blueprint import PRODUCTION
from tests.docs.scene import (
    Act,
    Scene,
    Typed,
    a_checkout,
    as_the_owner,
    deployed,
    doubled_amounts,
    lost_rows,
)

CHECK = "checkout"
PROJECT = "sandbox/project"


def what_is_known(scene: Scene) -> None:
    """What a reader looks up in `status` before typing."""
    service = scene.client.service("nhia-hrms-production-api")
    newest = scene.client.revisions("nhia-hrms-production-api")
    scene.values |= {
        "$REASON": "Error spike",
        "…": "as it was told",
        "CODE": "lease-held",
        "RULE": "index-blocks-writes",
        "INSTANCE": "nhia-hrms-production-pg-0001",
        "REVISION": newest[-1]["name"].rpartition("/")[2],
        "2026-11-23T09:14:00Z": service["updateTime"],
        "TIME": service["updateTime"],
        "DIR": "fixtures",
    }


def code_at_hand(scene: Scene) -> None:
    """The code that is deployed."""
    scene.hrmsops("sandbox", "project", "--release", "2024.2", "--dir", ".")
    settings = 'from hrms.settings import *\nINSTALLED_APPS += ["hrmsops.backfill"]\n'
    (scene.home.root / "project" / "with_backfill.py").write_text(settings)


def nothing_at_hand(scene: Scene) -> None:
    """The tutorial's reader has no code yet."""
    shutil.rmtree(scene.home.root / "project", ignore_errors=True)


def cut_over(scene: Scene) -> None:
    """Production serves from the clone; and there is a log of what the application committed."""
    scene.values["CLONE"] = f"{PRODUCTION.instance}-{scene.runs['recovery']}"
    log = [
        {
            "message": "committed",
            "table": "core_auditlog",
            "key": {"id": 10**6},
            "op": "delete",
            "columns": {},
            "transaction": 10**9,
            "committed_at": "2026-11-23T10:45:12Z",
        }
    ]
    (scene.home.root / "committed.json").write_text(json.dumps(log))


WRITTEN = """
INSERT INTO core_auditlog (created_at, action, table_name, row_id, request_id, release)
VALUES (now(), 'update', 'employees_employee', 1, 'r-1', '2024.2')
"""


def lossy_release(scene: Scene) -> None:
    """A user goes on; what the ledger knows of the migration before the database is rewound."""
    told = scene.hrmsops("migrations", "-e", "production", "--json").document
    with as_the_owner(scene) as session:
        session.execute(WRITTEN)
    [xid] = [each["xid"] for each in told["migrations"] if each["name"] == "0003_tidy_up"]
    scene.values["48213"] = str(xid)


def as_a_baseline(scene: Scene) -> None:
    """`hrmsops check --json > baseline.json`, the file."""
    told = scene.hrmsops("check", "--json", folder=CHECK)
    (scene.checkout / "baseline.json").write_text(told.out)


def an_id(scene: Scene) -> None:
    """The id of a backup, as `rollback backup --interactive` lists it."""
    runs = scene.client.sql("GET", f"instances/{PRODUCTION.instance}/backupRuns")["items"]
    scene.values["ID"] = str(runs[0]["id"])


def slow_cloud(scene: Scene) -> None:
    """The next change of the traffic takes a while."""
    scene.client.arm(kind="stall", operation="services.traffic", seconds=1)


UP: tuple[Typed | Act, ...] = (
    Typed("hrmsops sandbox up --detach --dir sandbox", folder="."),
    Typed("hrmsops sandbox up --detach", folder="."),
    Typed("hrmsops sandbox env"),
    deployed,
    what_is_known,
    a_checkout,
)
CHECKS: tuple[Typed | Act, ...] = (
    Typed("hrmsops check", folder=CHECK, exit=3),
    Typed("hrmsops check --strict", folder=CHECK, exit=3),
    Typed("hrmsops check --app employees", folder=CHECK, exit=3),
    Typed("hrmsops check --app payroll --strict", folder=CHECK, exit=3),
    Typed("hrmsops check --format github", folder=CHECK, exit=3),
    Typed("hrmsops check --since origin/main --format github", folder=CHECK, exit=3),
    Typed("hrmsops check backend --since origin/main", folder=CHECK, exit=3),
    Typed("hrmsops check backend --since origin/main --format github", folder=CHECK, exit=3),
    Typed("hrmsops check backend --since origin/main --fix --dry-run", folder=CHECK),
    Typed("hrmsops check --json", folder=CHECK, exit=3),
    as_a_baseline,
    Typed("hrmsops check --baseline baseline.json", folder=CHECK),
    Typed("hrmsops check --fix --dry-run", folder=CHECK),
    Typed("hrmsops check --fix=expand --dry-run", folder=CHECK),
    Typed("hrmsops check --trace --since origin/main", folder=CHECK, exit=3),
    Typed("hrmsops check --trace --env staging", folder=CHECK, exit=3),
    Typed("hrmsops check --fix --env production", adds="--dry-run", folder=CHECK),
    Typed("hrmsops check --fix --only payroll.0025_payslip_index", folder=CHECK),
    Typed("hrmsops check --fix --since origin/main", folder=CHECK, exit=3),
)
WELL: tuple[Typed | Act, ...] = (
    Typed("hrmsops doctor -e production", exit=2),
    Typed("hrmsops doctor -e production --for 'rollback pitr'", exit=2),
    Typed("hrmsops doctor -e production --for rollback", exit=2),
    Typed("hrmsops doctor -e production --for migrate"),
    Typed("hrmsops doctor -e production --json", exit=2),
    Typed("hrmsops doctor -e staging --conformance"),
    Typed("hrmsops init --scripts --dry-run", folder=CHECK),
    Typed("hrmsops init --scripts", folder=CHECK),
    Typed("hrmsops status -e production"),
    Typed('hrmsops status -e production --expect-image "$DIGEST"'),
    Typed("hrmsops mark-good -e production --yes"),
    Typed("hrmsops runs"),
    Typed("hrmsops hold status -e production"),
    Typed("hrmsops explain CODE"),
    Typed("hrmsops explain RULE"),
    Typed("hrmsops migrations -e production"),
    Typed("hrmsops migrations -e production --json"),
    Typed("hrmsops rollback --advise -e production"),
    Typed("hrmsops rollback --advise -e production --json"),
    Typed(
        "hrmsops rollback --advise -e production --data-damaged yes --since 2026-11-23T09:14:00Z"
    ),
    Typed("hrmsops table sizes -e production"),
    Typed("hrmsops table sizes -e production --exact"),
    Typed(
        "hrmsops table partition core_auditlog --by created_at --every month -e production --dry-run"
    ),
    Typed("hrmsops seed --list"),
    Typed("hrmsops seed -e production --dry-run --diff"),
    Typed("hrmsops seed -e production --dry-run"),
    Typed("hrmsops seed -e staging --dry-run --diff"),
    Typed("hrmsops seed -e staging", adds="--yes"),
    Typed("hrmsops seed -e production", adds="--yes"),
    Typed("hrmsops seed -e production --proxy", adds="--yes"),
    Typed("hrmsops backfill -e production --list"),
)
AT_WORK: tuple[Typed | Act, ...] = (
    Typed(
        "hrmsops table partition core_auditlog --by created_at --every month -e production --reason 'it grows' --migration-out backend/core/migrations",
        adds="--yes",
        folder=CHECK,
    ),
    Typed("hrmsops table partition --maintain -e production --yes"),
    Typed(
        "hrmsops table partition core_auditlog --maintain --retain 24 --archive archive -e production --yes"
    ),
    Typed(
        "hrmsops table partition core_auditlog --undo -e production --reason 'not yet'",
        adds="--yes",
    ),
    code_at_hand,
    Typed("hrmsops migrate -e production --dry-run"),
    Typed("hrmsops migrate -e production --dry-run --sql"),
    Typed("hrmsops migrate -e production --yes"),
    Typed("hrmsops migrate -e production --app employees --yes"),
    Typed("hrmsops migrate -e production --timeout 120s --yes"),
    Typed("hrmsops backfill -e production --backfill set_employee_status --dry-run"),
    Typed("hrmsops backfill -e production --backfill set_employee_status", adds="--yes"),
    Typed(
        'hrmsops backfill -e production --model employees.Employee --field status --value ACTIVE --filter "status__isnull=True" --dry-run'
    ),
    Typed(
        'hrmsops backfill -e production --model employees.Employee --field status --value ACTIVE --filter "status__isnull=True" --batch-size 500 --sleep 0.2',
        adds="--yes",
    ),
    Typed(
        "hrmsops backfill -e production --model employees.Employee --field status --value ACTIVE --resume",
        exit=2,
    ),
    Typed("hrmsops backfill -e production --resume", exit=2),
)
BY_DJANGO: tuple[Typed | Act, ...] = (
    Typed("python manage.py backfill_data --list", folder=PROJECT),
    Typed(
        "python manage.py backfill_data --backfill set_employee_status --dry-run", folder=PROJECT
    ),
    Typed("python manage.py backfill_data --backfill set_employee_status", folder=PROJECT),
    Typed(
        "python manage.py backfill_data --model employees.Employee --field department_code --value UNKNOWN --filter department_code__isnull=True --batch-size 500 --sleep 0.2",
        folder=PROJECT,
    ),
    Typed(
        "python manage.py backfill_data --model employees.Employee --field department_code --value UNKNOWN --resume",
        folder=PROJECT,
        exit=2,
    ),
)
GOOD_AND_BAD: tuple[Typed | Act, ...] = (
    Typed('hrmsops rollback app -e production --reason "$REASON" --plan-out plan.json'),
    Typed("hrmsops rollback app -e production --plan plan.json --json", adds="--yes"),
    deployed,
    Typed('hrmsops unpin -e production --reason "2024.4 carries the fix"', adds="--yes"),
    Typed(
        'hrmsops rollback app -e production --revision previous --reason "Error spike in new deployment"',
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback app -e production --revision REVISION --reason "Error spike in new deployment"',
        adds="--dry-run",
    ),
    slow_cloud,
    Typed(
        'hrmsops rollback app -e production --reason "Error spike"',
        adds="--yes --detach",
        exit=8,
        keep="left",
    ),
    Typed("hrmsops resume RUN", run="left"),
    deployed,
    slow_cloud,
    Typed(
        'hrmsops rollback app -e production --reason "Error spike"',
        adds="--yes --detach",
        exit=8,
        keep="left",
    ),
    Typed('hrmsops runs abandon RUN --reason "mended by hand"', adds="--yes", run="left"),
    deployed,
    Typed('hrmsops unpin -e production --reason "2024.4 carries the fix"', adds="--yes"),
    Typed('hrmsops hold on -e production --reason "amounts are wrong"', adds="--yes"),
    Typed(
        'hrmsops hold off -e production --reason "mended" --acknowledge bank_files', adds="--yes"
    ),
)
BAD_MIGRATION: tuple[Typed | Act, ...] = (
    doubled_amounts,
    Typed(
        'hrmsops migrate -e production --yes --reason "deploy 2024.4"',
        adds="--accept rows-written-at-once",
        keep="migrate",
    ),
    lost_rows,
    Typed("hrmsops rollback migration payroll --undo 0003 -e production --dry-run"),
    Typed("hrmsops rollback migration employees --to 0001 -e production --dry-run", exit=3),
    Typed(
        "hrmsops rollback pitr -e production --before-migration payroll.0003_amounts --promote --reason …",
        adds="--dry-run",
    ),
    Typed(
        "hrmsops rollback pitr --before-run RUN",
        adds="-e production --reason x --dry-run",
        run="migrate",
    ),
    Typed('hrmsops rollback pitr -e production --at TIME --promote --reason "…"', adds="--dry-run"),
    Typed(
        "hrmsops rollback pitr -e production --at TIME --tables payroll_payslip --reason …",
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback pitr -e production --at 2026-11-23T09:14:00Z --reason "payslips emptied"',
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback pitr -e production --before-migration payroll.0003_amounts --reason "payslips emptied"',
        adds="--yes",
        keep="clone",
    ),
    Typed(
        'hrmsops rollback pitr -e production --continue RUN --promote --reason "payslips emptied"',
        adds="--dry-run",
        run="clone",
    ),
    Typed(
        'hrmsops rollback pitr -e production --continue RUN --tables payroll_payslip,payroll_payslipline --reason "payslips emptied"',
        adds="--dry-run",
        run="clone",
    ),
    Typed(
        'hrmsops rollback pitr -e production --continue RUN --tables payroll_payslipline --reason "payslips emptied"',
        adds="--yes",
        run="clone",
        keep="copy",
    ),
    Typed('hrmsops rollback undo-copy RUN --reason "wrong table"', adds="--yes", run="copy"),
    Typed("hrmsops runs show RUN", run="clone"),
    Typed("hrmsops runs show RUN --json", run="clone"),
    Typed(
        'hrmsops rollback migration payroll --undo 0003 -e production --reason "0003 doubled the amounts"',
        adds="--yes",
    ),
)
BACKUPS: tuple[Typed | Act, ...] = (
    an_id,
    Typed(
        "hrmsops rollback backup -e production --backup latest --promote --reason …",
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback backup -e production --backup latest --promote --confirm INSTANCE --reason "…"',
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback backup -e production --backup ID --in-place --confirm INSTANCE --reason "…"',
        adds="--dry-run",
    ),
    Typed(
        'hrmsops rollback backup -e production --backup latest --reason "instance lost"',
        adds="--yes",
        keep="restored",
    ),
    Typed(
        'hrmsops rollback backup -e production --continue RUN --promote --reason "instance lost"',
        adds="--dry-run",
        run="restored",
    ),
)
TUTORIAL: tuple[Typed | Act, ...] = (
    Typed("hrmsops sandbox env --dir ."),
    Typed("hrmsops status -e production"),
    Typed(
        'hrmsops rollback app -e production --reason "Error spike in new deployment"', adds="--yes"
    ),
    Typed("hrmsops status -e production"),
    Typed("hrmsops runs"),
    Typed(
        'hrmsops unpin -e production --reason "2024.2 was right after all"', adds="--yes", exit=3
    ),
    Typed(
        'hrmsops unpin -e production --reason "2024.2 was right after all" --accept latest-was-rolled-back',
        adds="--yes",
    ),
    nothing_at_hand,
    Typed("hrmsops sandbox project --release 2024.3-lossy --dir ."),
    Typed("hrmsops migrate -e production --dry-run", exit=3),
    Typed(
        'hrmsops migrate -e production --accept column-dropped --accept data-under-schema-lock --reason "release night"',
        adds="--yes",
    ),
    Typed("hrmsops rollback --advise -e production"),
    lossy_release,
    Typed(
        'hrmsops rollback pitr -e production --before-migration employees.0003_tidy_up --promote --reason "amounts are zero"',
        adds="--confirm INSTANCE",
        keep="recovery",
    ),
    Typed("hrmsops replay RUN", run="recovery"),
    Typed('hrmsops hold off -e production --reason "mended"', adds="--yes"),
    Typed("hrmsops checklist RUN", run="recovery"),
)
AFTERWARDS: tuple[Typed | Act, ...] = (
    cut_over,
    Typed("hrmsops replay RUN --reason …", run="recovery"),
    Typed(
        'hrmsops replay RUN --damage-transaction 48213 --apply --reason "writes since 09:14"',
        adds="--yes",
        run="recovery",
    ),
    Typed("hrmsops replay RUN --take-back", adds="--yes --reason back", run="recovery"),
    Typed(
        'hrmsops replay RUN --from committed.json --apply --reason "the instance was lost"',
        adds="--yes",
        run="recovery",
    ),
    Typed(
        'hrmsops checklist RUN --done notified --note "told the payroll office by phone"',
        run="recovery",
    ),
    Typed('hrmsops checklist RUN --not-needed root-cause --note "drill"', run="recovery"),
    Typed("hrmsops report RUN --out incident.html", run="recovery"),
    Typed("hrmsops report RUN", run="recovery"),
    Typed(
        'hrmsops rollback cutback RUN -e production --reason "worse than before"',
        adds="--dry-run",
        run="recovery",
    ),
    Typed(
        'hrmsops rollback cutback RUN -e production --reason "only a rehearsal"',
        adds="--confirm CLONE --yes",
        run="recovery",
    ),
    Typed("hrmsops resume", exit=2),
    Typed("hrmsops replay RUN --purge --confirm RUN", adds="--reason x", run="recovery"),
)
LEFTOVERS: tuple[Typed | Act, ...] = (
    Typed(
        "hrmsops sandbox gcloud -- run revisions list --service=nhia-hrms-production-api --region=us-central1",
        needs="gcloud",
    ),
    Typed("hrmsops sandbox fault error --code 503 --method PATCH --times 2"),
    Typed("hrmsops explain binding-in-secret"),
    Typed("hrmsops seed --fixtures DIR"),
    Typed(
        "hrmsops init",
        adds="--path elsewhere.toml --environment own --kind staging --project nhia-hrms --region us-central1 --service api",
    ),
    Typed("hrmsops --help"),
)
STORY: tuple[Typed | Act, ...] = (
    *UP,
    *CHECKS,
    *WELL,
    *AT_WORK,
    *BY_DJANGO,
    *GOOD_AND_BAD,
    *BAD_MIGRATION,
    *BACKUPS,
    *TUTORIAL,
    *AFTERWARDS,
    *LEFTOVERS,
)
DOWN: tuple[Typed, ...] = (
    Typed("hrmsops sandbox down", folder="."),
    Typed("hrmsops sandbox down --destroy --yes --dir sandbox", folder="."),
)
