"""The `hrmsops.toml` whose environments are those of a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hrmsops.postgres.cloud_sql_roles import ADMINISTRATOR
from hrmsops.sandbox.blueprint import DATABASE, OPERATIONS, OWNER, Environment
from hrmsops.sandbox.cloud_run.cloud import PROJECT, REGION

_HEAD = """\
# Written by `hrmsops sandbox up`: these environments are this machine's own small Google Cloud.
# The roles' passwords are in passwords.json beside this file.
"""

_ENVIRONMENT = """
[environments.{name}]
kind = "{kind}"
protected = {protected}
project = "{project}"
region = "{region}"
service = "{service}"
{pools}instance = "{instance}"
endpoint = "{endpoint}"

[environments.{name}.database]
name = "{database}"
user = "{user}"
password_env = "HRMSOPS_PASSWORD"
admin_user = "{admin}"
admin_password_env = "HRMSOPS_ADMIN_PASSWORD"
owner_role = "{owner}"
app_roles = ["{owner}"]

[environments.{name}.health]
paths = ["/healthz", "/readyz"]
host = "{host}"

[environments.{name}.checks]
payslip_amounts = "select not exists (select from payroll_payslipline where amount = 0)"
leave_types = "select not exists (select from leave_leaverequest where leave_type = '')"

[environments.{name}.irrevocable]
bank_files = "select number, amount from payroll_paymentoutbox where sent_at > :since"

[environments.{name}.hold]
queues = ["{queue}"]
{schedulers}"""


def pointed_at(config: str, endpoint: str) -> str:
    """The text of a config with every environment at this endpoint, else as its user left it."""
    return re.sub(r'^endpoint = ".*"$', f'endpoint = "{endpoint}"', config, flags=re.MULTILINE)


def sample_config(
    environments: Iterable[Environment], *, endpoint: str, at_work: Iterable[str] = ()
) -> str:
    """The file's text; `endpoint` is the URL of the sandbox's APIs.

    `at_work` names the environments that have workers and a scheduler.
    """
    working = frozenset(at_work)
    return "".join([_HEAD, *(_section(each, endpoint, working) for each in environments)])


def _section(each: Environment, endpoint: str, working: frozenset[str]) -> str:
    is_working = each.name in working
    return _ENVIRONMENT.format(
        name=each.name,
        kind=each.kind,
        protected=str(each.is_protected).lower(),
        project=PROJECT,
        region=REGION,
        service=each.service,
        pools=f'worker_pools = ["{each.worker_pool}"]\n' if is_working else "",
        instance=each.instance,
        endpoint=endpoint,
        database=DATABASE,
        user=OPERATIONS,
        owner=OWNER,
        admin=ADMINISTRATOR,
        host=each.host,
        queue=each.queue,
        schedulers=f'schedulers = ["{each.scheduler}"]\n' if is_working else "",
    )
