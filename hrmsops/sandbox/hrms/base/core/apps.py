"""Follows every write of every app from the moment that Django is ready."""

from __future__ import annotations

from django.apps import AppConfig, apps


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import writes

        writes.follow(apps.get_models())
