"""A program that begins a run of one step, for the tests of steps that no command has alone.

`python -m tests.rollback.one_step STEP NAME=VALUE…`, in a folder with an hrmsops.toml; `hrmsops
resume` goes on with it.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from hrmsops import config, steps
from hrmsops.engine.executor import execute
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.waiting import Patience
from hrmsops.errors.base import HrmsopsError
from hrmsops.world import World


def begin(name: str, fields: dict[str, object]) -> dict[str, object]:
    """Run the step; what became of it, as `hrmsops resume --json` would say."""
    patience = timedelta(0) if fields.pop("detach", "") else None
    world = World(config.load(None).environment("production"), patience=Patience(patience))
    catalog = steps.catalog()
    step = catalog.revive({"step": name, **fields})
    plan = Plan(
        run=new_run_id(world.clock.now()),
        made_at=world.clock.now(),
        command="one step",
        environment="production",
        reason="test",
        headline=step.sentence(),
        subject={"service": world.service_name},
        because=(),
        warnings=(),
        undo=None,
        steps=(step,),
    )
    with world.lease().acquire(run=plan.run, why=plan.reason, take_over=False) as lease:
        run = world.journal(catalog).begin(plan, fence=lease.fence)
        said: list[str] = []
        run.on_progress.append(said.append)
        try:
            execute(run, world, lease=lease)
        except HrmsopsError as error:
            failure = {"code": error.code, "what": error.what, "why": error.why}
            return {"run": run.id, "outcome": run.outcome, "failure": failure}
    return {"run": run.id, "outcome": run.outcome, "result": run.result(1), "said": said}


def read(value: str) -> object:
    """What is no text is written as JSON."""
    return json.loads(value) if value.startswith("{") or value in ("true", "false") else value


if __name__ == "__main__":
    words = (word.partition("=") for word in sys.argv[2:])
    print(json.dumps(begin(sys.argv[1], {name: read(value) for name, _, value in words})))
