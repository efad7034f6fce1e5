"""`/api/import-records` and `/api/import-records/KEY`."""

from __future__ import annotations

from core.api import collection, one
from django.urls import path

from imports.models import ImportRecord

urlpatterns = [
    path("", collection(ImportRecord)),
    path("/<int:key>", one(ImportRecord)),
]
