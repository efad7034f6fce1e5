"""SARIF 2.1.0, as code scanning reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hrmsops import __version__
from hrmsops.safety.report import Finding, Report
from hrmsops.safety.reports.as_github import relative
from hrmsops.safety.rule import Rule
from hrmsops.safety.rules import all_rules

LEVELS = {"danger": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(report: Report, *, root: Path) -> dict[str, Any]:
    """One run, with every rule described once."""
    rules = [*all_rules().values()]
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "hrmsops",
                        "version": __version__,
                        "rules": [_rule(each) for each in rules],
                    }
                },
                "originalUriBaseIds": {"ROOT": {"uri": f"{root.as_uri()}/"}},
                "results": [_result(each, numbers[each.rule], root) for each in report.findings],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {
                                "level": "note",
                                "message": {"text": f"{each.what}: {each.why}"},
                                "locations": [_location(each.path, each.line, root)],
                            }
                            for each in report.unknown
                        ],
                    }
                ],
            }
        ],
    }


def text(report: Report, *, root: Path) -> str:
    return json.dumps(document(report, root=root), ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.when},
        "fullDescription": {"text": rule.effect},
        "help": {"text": rule.instead},
    }


def _result(finding: Finding, number: int, root: Path) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.why} {finding.instead}"},
        "locations": [_location(finding.path, finding.line, root)],
        "partialFingerprints": {"hrmsops/v1": finding.fingerprint},
    }


def _location(path: str, line: int, root: Path) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": relative(path, root), "uriBaseId": "ROOT"},
            "region": {"startLine": max(line, 1)},
        }
    }
