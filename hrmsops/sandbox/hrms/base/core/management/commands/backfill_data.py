"""The guide's framework: hrmsops's own, under the name that the guide imports it by."""

from hrmsops.backfill.management.commands.backfill_data import (
    Backfill,
    Command,
    backfill_registry,
)

__all__ = ["Backfill", "Command", "backfill_registry"]
