"""Shift the traffic to a revision that changes nothing, and back."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.gcp.resources import short
from hrmsops.steps.cloud_run.shift_traffic import ShiftTraffic


class HoldTraffic(ShiftTraffic, frozen=True, kw_only=True):
    """To a read-only or maintenance revision; it is not probed, since it may well answer 503."""

    name: ClassVar[str] = "hold-traffic"

    def sentence(self) -> str:
        return f"Shift traffic of {short(self.service)} for the hold: {self.want.sentence()}"


class ReleaseTraffic(ShiftTraffic, frozen=True, kw_only=True):
    """Back to where it was, only while it is where the hold has put it."""

    name: ClassVar[str] = "release-traffic"

    def sentence(self) -> str:
        return f"Shift traffic of {short(self.service)} back: {self.want.sentence()}"
