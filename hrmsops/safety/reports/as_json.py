"""The document of `hrmsops check --format json`."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from hrmsops.safety.report import Finding, Report, Unknown

SCHEMA = 1


def document(report: Report) -> dict[str, Any]:
    """The report, field by field."""
    return {
        "schema": SCHEMA,
        "findings": [_record(each) for each in report.findings],
        "unknown": [_record(each) for each in report.unknown],
        "checked": {"migrations": report.migrations, "operations": report.operations},
    }


def _record(of: Finding | Unknown) -> dict[str, Any]:
    """Its fields; `asdict` would copy each of them."""
    return {each.name: getattr(of, each.name) for each in fields(of)}


def text(report: Report) -> str:
    return json.dumps(document(report), ensure_ascii=False)
