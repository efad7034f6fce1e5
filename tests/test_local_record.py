"""A protected environment outside of a sandbox has its record where others see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrmsops.cli import run

CONFIG = """
[environments.production]
kind = "production"
protected = true
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-production-api"
"""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hrmsops.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HRMSOPS_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize("command", ["rollback app", "hold on", "seed", "migrate"])
def test_nothing_is_changed_under_a_record_that_nobody_else_sees(
    at: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*command.split(), "-e", "production", "--reason", "x", "--yes", "--json"]

    assert run(words) == 3

    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "local-record"
    assert 'store = "gs://nhia-hrms-hrmsops/records"' in error["fix"]
    assert "gcloud storage buckets create gs://nhia-hrms-hrmsops " in error["fix"]
    assert not (at / "state").exists()
