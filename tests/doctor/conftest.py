"""One HRMS in miniature for all tests of the doctor, who is asked in this process or by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.doctor.patient import Patient
from tests.rollback.conftest import hrms


@pytest.fixture(scope="session")
def hospital() -> Iterator[Client]:
    """Only one worker has it: the tests are of one group (`xdist_group("doctor")`)."""
    with hrms() as home:
        yield Client.of(home)


@pytest.fixture
def patient(hospital: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """An engineer without a past, whose password is right; no fault is armed afterwards."""
    passwords = json.loads((hospital.home.root / "passwords.json").read_text())
    variables = {
        "HRMSOPS_STATE_DIR": str(tmp_path / "state"),
        "HRMSOPS_PASSWORD": passwords["nhia-hrms-production-pg-0001/hrms_ops"],
        "HRMSOPS_ADMIN_PASSWORD": passwords["nhia-hrms-production-pg-0001/postgres"],
        "STAGING_PASSWORD": passwords["nhia-hrms-staging-pg-0001/hrms_ops"],
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield Patient(client=hospital, folder=tmp_path, variables=variables)
    hospital.clear_faults()
