"""All that a decision about a database may look at, observed once."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from hrmsops.errors.pitr import InstanceStopped, MomentAhead, MomentOutOfReach, PitrNotEnabled
from hrmsops.gcp.sql_resources import Backup, Instance, Window

NEAREST_BACKUPS = 2
GRAIN = timedelta(seconds=2)
"""The cloud tells its time in whole seconds, and the answer is on its way for a while."""


class DatabaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The instance that serves, what it can go back to, and who is at it.

    `observed_at` is by the cloud's clock, as the window is. `window` None: it keeps no logs.
    `configured` is the instance that the configuration names.
    """

    observed_at: datetime
    instance: Instance
    window: Window | None
    backups: tuple[Backup, ...]
    configured: str

    def require_moment(self, at: datetime) -> None:
        """Return where a clone of `at` can be asked for, now or once the logs are shipped.

        Raises InstanceStopped, PitrNotEnabled, MomentAhead, MomentOutOfReach.
        """
        if not self.instance.is_running:
            raise InstanceStopped(
                instance=self.instance.name,
                state=self.instance.state,
                policy=self.instance.activation_policy,
            )
        if self.window is None:
            raise PitrNotEnabled(instance=self.instance.name)
        if at > (now := max(self.window.latest, self.observed_at)) + GRAIN:
            raise MomentAhead(asked=at, now=now)
        if at < self.window.earliest:
            raise MomentOutOfReach(
                asked=at,
                earliest=self.window.earliest,
                latest=self.window.latest,
                nearest=self.nearest_backups(at),
            )

    def nearest_backups(self, at: datetime) -> tuple[str, ...]:
        """The good backups that ended nearest to `at`, as "ID of TIME"."""
        good = [(b.ended_at, b.id) for b in self.backups if b.is_good and b.ended_at]
        by_distance = sorted(good, key=lambda each: abs(each[0] - at))
        return tuple(
            f"{name} of {ended:%Y-%m-%d %H:%M:%S} UTC"
            for ended, name in by_distance[:NEAREST_BACKUPS]
        )
