"""Keep the application out of a database that is about to be overwritten."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.steps.rows.roles import CloseRoles


class CloseForRestore(CloseRoles, frozen=True, kw_only=True):
    """What is acknowledged after the last backup and before the restore would be nowhere.

    The restore brings the roles back as the backup has them, which is open. Where the run ends
    before the restore, they are opened again.
    """

    name: ClassVar[str] = "close-for-restore"
    is_scaffold: ClassVar[bool] = True

    def sentence(self) -> str:
        return f"Keep {', '.join(self.roles)} out of {self.instance} until it is restored"
