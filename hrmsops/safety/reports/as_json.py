"""The document of `hrmsops check --format json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from hrmsops.safety.report import Report

SCHEMA = 1


def document(report: Report) -> dict[str, Any]:
    """The report, field by field."""
    return {
        "schema": SCHEMA,
        "findings": [asdict(each) for each in report.findings],
        "unknown": [asdict(each) for each in report.unknown],
        "checked": {"migrations": report.migrations, "operations": report.operations},
    }


def text(report: Report) -> str:
    return json.dumps(document(report), ensure_ascii=False)
