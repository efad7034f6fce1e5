"""Cloud Run's service and revision, as far as a decision looks at them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hrmsops.gcp.traffic import Traffic


def short(name: str) -> str:
    """The last word of a resource name: `projects/…/revisions/api-00001-abc` → `api-00001-abc`."""
    return name.rpartition("/")[2]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it was read in one call; see Service in the Cloud Run Admin API v2.

    `traffic` is what was asked for, `statuses` what is true, with LATEST resolved in both where
    it says so; trust `statuses` when `is_settled`. `tag_urls` has the URL of each tag that is
    live. `failure` is the terminal condition's message when it has failed.
    """

    name: str
    uri: str
    etag: str
    generation: int
    traffic: Traffic
    statuses: Traffic
    tag_urls: dict[str, str]
    latest_ready: str
    latest_created: str
    instance: str
    last_modifier: str
    updated_at: datetime
    is_reconciling: bool
    failure: str

    @property
    def is_settled(self) -> bool:
        """Nothing is under way and the last change came through."""
        return not self.is_reconciling and not self.failure

    @property
    def is_shared(self) -> bool:
        """Several revisions truly have a share of the requests."""
        return len(self.statuses.shares) > 1

    @property
    def is_as_asked(self) -> bool:
        """What was asked for is what is true.

        `failure` may yet tell of something else: a service that follows its latest revision
        stays not Ready while that one does not come up.
        """
        asked = self.traffic.resolved(self.latest_ready).shares
        return not self.is_reconciling and asked == self.statuses.shares

    @property
    def serving(self) -> str:
        """The revision with the largest true share; the newest by name among equals."""
        return max(self.statuses.shares, key=lambda share: (share[1], share[0]))[0]


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A revision: code and configuration; see Revision in the Cloud Run Admin API v2.

    `instance` is the connection name of the Cloud SQL instance that it is bound to, by a volume,
    a variable or a proxy's argument, "" where it names none; `address` is `HOST:PORT` where that
    is all it says. `digest` is what its image's tag meant when it was made, "" where the API does
    not say. `trouble` says why it is not Ready, "" where it is; Ready is the condition,
    RETIRED is not trouble.
    """

    name: str
    image: str
    created_at: datetime
    creator: str
    instance: str
    trouble: str
    is_deleting: bool
    address: str = ""
    digest: str = ""

    @property
    def bound_to(self) -> str:
        """Its database in whichever words it names it; "" where it names none."""
        return self.instance or self.address

    @property
    def is_ready(self) -> bool:
        return not self.trouble and not self.is_deleting
