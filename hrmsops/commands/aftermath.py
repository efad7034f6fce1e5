"""What the commands after a run share: how its checklist stands now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.aftermath.items import Finding
    from hrmsops.engine.run import Run
    from hrmsops.world import World


def findings_of(world: World, run: Run, config_path: Path | None) -> tuple[Finding, ...]:
    """Every item of the guide's list, looked at now and held against what people said."""
    from hrmsops import config
    from hrmsops.aftermath.answers import Answers
    from hrmsops.aftermath.items import ITEMS, standing
    from hrmsops.aftermath.looking import look
    from hrmsops.aftermath.notices import Notices

    notices = Notices(world.store, config.load(config_path).notify.webhooks)
    seen = look(world, run, notices, instance=_serving_instance(world))
    said = Answers(world.store, run.id).newest()
    return tuple(standing(item, seen.get(item.id), said.get(item.id)) for item in ITEMS)


def _serving_instance(world: World) -> str:
    """The instance that serves; where Cloud Run cannot be asked, the configured one."""
    from hrmsops.commands.applying import journal_of
    from hrmsops.errors.base import HrmsopsError
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import active_instance

    try:
        return active_instance(world, observe(world, journal_of(world)))
    except HrmsopsError:
        return world.environment.instance
