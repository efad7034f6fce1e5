"""`INSTALLED_APPS += ["hrmsops.backfill"]`: no models, so no migrations."""

from __future__ import annotations

from django.apps import AppConfig


class BackfillConfig(AppConfig):
    """Brings `manage.py backfill_data`."""

    name = "hrmsops.backfill"
    label = "hrmsops_backfill"
    verbose_name = "Backfills"
