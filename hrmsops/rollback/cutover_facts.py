"""All that a cutover from one instance to another is planned from, besides what serves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec

from hrmsops.errors.binding import BindingInSecret
from hrmsops.errors.fence import FenceImpossible, NothingToFence
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.serving_at import ServedAt


class SecretAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What has a variable with its database's address from Secret Manager, and in which words."""

    holder: str
    sentence: str
    secret: str


class CutoverFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A recovered instance `clone`, which may not be there yet, and `source`, which is left.

    `at` is the moment that the clone shows, `served` what its traffic goes to a copy of. `trouble`
    says why the old database cannot be reached, "" where it can. `jobs` and `worker_pools` are
    named in full. `has_served`: the clone took traffic once, and was left by a cutback.
    """

    service: ServiceFacts
    source: str
    clone: str
    at: datetime
    served: ServedAt
    trouble: str
    roles: tuple[str, ...]
    jobs: tuple[str, ...] = ()
    worker_pools: tuple[str, ...] = ()
    has_served: bool = False
    secrets: tuple[SecretAddress, ...] = ()

    def require_possible(self, *, environment: str, accepted: Collection[str]) -> None:
        """Return where everything could be led to the new database and kept from the old one.

        Raises NothingToFence, FenceImpossible, BindingInSecret.
        """
        if not self.roles:
            raise NothingToFence(environment=environment)
        if self.trouble and FenceImpossible.code not in accepted:
            raise FenceImpossible(instance=self.source, why=self.trouble)
        if self.secrets and BindingInSecret.code not in accepted:
            raise BindingInSecret(
                holder=self.secrets[0].holder,
                variables=tuple(each.sentence for each in self.secrets),
                name=self.secrets[0].secret,
            )

    @property
    def is_reachable(self) -> bool:
        return not self.trouble
