"""All that a decision about a service may look at, observed once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hrmsops.gcp.resources import Revision, Service
from hrmsops.gcp.samples import Requests
from hrmsops.rollback.history import History


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A service, its revisions (newest first) and what our own record knows of them.

    `requests` is what Cloud Monitoring counted; None where `requests_unknown` says why not.
    """

    observed_at: datetime
    service: Service
    revisions: tuple[Revision, ...]
    history: History
    requests: Requests | None = None
    requests_unknown: str = "it was not asked for"

    def revision(self, name: str) -> Revision | None:
        return next((revision for revision in self.revisions if revision.name == name), None)

    def left_by(self, revision: str) -> str:
        """The run that rolled away from it, "" for none.

        What serves every request was gone back to by somebody, whatever our record says.
        """
        serves_all = self.service.statuses.shares == ((revision, 100),)
        return "" if serves_all else self.history.left.get(revision, "")

    @property
    def newest_serving(self) -> Revision | None:
        """The newest revision with a true share of the requests: the last one let in."""
        shares = dict(self.service.statuses.shares)
        return next((revision for revision in self.revisions if revision.name in shares), None)
