"""One kind of thing that nothing takes back, as it was listed."""

from __future__ import annotations

from datetime import datetime

import msgspec

KEYS_SHOWN = 5


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What a query of `[environments.NAME.irrevocable]` found on `instance` since a moment.

    `count` None: nobody could look, and `problem` says why. `keys` are the first ones; `digest`
    stands for all of them, so that a later list can be told from this one.
    """

    name: str
    instance: str
    since: datetime
    count: int | None
    keys: tuple[str, ...] = ()
    digest: str = ""
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Something left, or nobody knows: a person has to say that it is dealt with."""
        return self.count != 0

    def sentence(self) -> str:
        """ "bank_files: 3 since 2026-11-23 09:14:00 UTC (BF-7, BF-8, BF-9)"."""
        if self.count is None:
            return f"{self.name}: unknown, {self.instance} could not be asked. {self.problem}"
        since = f"{self.count} since {self.since:%Y-%m-%d %H:%M:%S} UTC"
        shown = ", ".join(self.keys[:KEYS_SHOWN])
        more = ", …" if self.count > KEYS_SHOWN else ""
        return f"{self.name}: {since}{f' ({shown}{more})' if shown else ''}"
