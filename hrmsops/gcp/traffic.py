"""Who gets which share of a service's requests, in one form that can be compared."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LATEST = ""
"""The revision of a traffic target that follows the latest ready revision."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `traffic`: `revision` is a short name, or LATEST; `percent` 0 for a bare tag.

    See TrafficTarget in the Cloud Run Admin API v2 reference.
    """

    revision: str
    percent: int = 0
    tag: str = ""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """A whole traffic assignment, in an order of its own, so that equal ones are equal.

    `shares` are (revision or LATEST, percent > 0); `tags` are (tag, revision or LATEST).
    """

    shares: tuple[tuple[str, int], ...]
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, targets: Iterable[Target]) -> Traffic:
        """Several entries of one revision count together; no entry at all means LATEST 100."""
        shares: dict[str, int] = {}
        tags: dict[str, str] = {}
        for target in targets:
            if target.percent:
                shares[target.revision] = shares.get(target.revision, 0) + target.percent
            if target.tag:
                tags[target.tag] = target.revision
        return cls(
            shares=tuple(sorted((shares or {LATEST: 100}).items())),
            tags=tuple(sorted(tags.items())),
        )

    @property
    def is_pinned(self) -> bool:
        """True where a deploy would get nothing: no share follows the latest revision."""
        return LATEST not in dict(self.shares)

    def all_to(self, revision: str) -> Traffic:
        """Every request to `revision`, every tag as it was."""
        return Traffic(shares=((revision, 100),), tags=self.tags)

    def with_tag(self, tag: str, revision: str) -> Traffic:
        return Traffic(
            shares=self.shares, tags=tuple(sorted({**dict(self.tags), tag: revision}.items()))
        )

    def without_tag(self, tag: str) -> Traffic:
        return Traffic(shares=self.shares, tags=tuple(t for t in self.tags if t[0] != tag))

    def tag_of(self, revision: str) -> str | None:
        """A tag that points at `revision` by name, None where none does."""
        return next((tag for tag, target in self.tags if target == revision), None)

    def resolved(self, latest_ready: str) -> Traffic:
        """The same with LATEST replaced by the revision it stands for now."""
        return Traffic.of(
            [
                *(Target(revision=r or latest_ready, percent=p) for r, p in self.shares),
                *(Target(revision=r or latest_ready, tag=t) for t, r in self.tags),
            ]
        )

    def targets(self) -> tuple[Target, ...]:
        """The entries to send: the shares, then the tags."""
        shares = (Target(revision=revision, percent=percent) for revision, percent in self.shares)
        tags = (Target(revision=revision, tag=tag) for tag, revision in self.tags)
        return (*shares, *tags)

    def sentence(self) -> str:
        """ "100 % to the latest revision", "80 % to a, 20 % to b"."""
        return ", ".join(f"{p} % to {r or 'the latest revision'}" for r, p in self.shares)
