"""All that a choice of a backup may look at, observed once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hrmsops.gcp.sql_resources import Backup, Instance
from hrmsops.rollback.kinds.pitr import base_name


class BackupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The project's backups (newest first), and the instance that the service is bound to.

    `active` is its name as Cloud Run has it, whatever has become of it; `instance` is None where it
    is gone. `configured` is the instance that the configuration names, "" for none.
    """

    observed_at: datetime
    active: str
    instance: Instance | None
    backups: tuple[Backup, ...]
    configured: str

    def is_own(self, backup: Backup) -> bool:
        """Whether it is of this service's instance, or of one in its line of descent."""
        own = {base_name(name) for name in (self.active, self.configured) if name}
        return base_name(backup.instance) in own

    @property
    def is_running(self) -> bool:
        return self.instance is not None and self.instance.is_running

    @property
    def is_lost(self) -> bool:
        """Gone, or FAILED: by Cloud SQL's own word nobody reads or writes there any more."""
        return self.instance is None or self.instance.state == "FAILED"
