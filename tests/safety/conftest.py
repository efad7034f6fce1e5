"""A server for the tests that run migrations instead of reading them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.postgres.template import SUPERUSER
from tests.command_line import ROOT, environment
from tests.safety.scenarios import BASE, Scenario

PASSWORD = "only the tests know"
Measure = Callable[[Iterable[Scenario]], dict[str, list[str]]]


@pytest.fixture(scope="session")
def measured_server() -> Iterator[Cluster]:
    account = ServerAccount.of_this_process()
    with tempfile.TemporaryDirectory(prefix="hrmsops-safety-") as folder:
        wanted = Path(folder) / "clusters"
        cluster = Cluster(
            account.folder_for(wanted) / "measured",
            binaries=find_binaries(account),
            account=account,
            password=PASSWORD,
        )
        cluster.create(timeout_seconds=60)
        yield cluster
        cluster.destroy()
        remove_stand_in(wanted)


@pytest.fixture(scope="session")
def measure(measured_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """The harms of scenarios, by running them on a real server."""

    def measured(scenarios: Iterable[Scenario]) -> dict[str, list[str]]:
        root = tmp_path_factory.mktemp("measured")
        folders = []
        for each in scenarios:
            folders.append(root / f"checkout-{each.id}")
            each.write(folders[-1])
        ended = subprocess.run(
            [sys.executable, "-m", "tests.safety.measuring", str(BASE), *map(str, folders)],
            cwd=ROOT,
            env=environment(
                MEASURED_PORT=str(measured_server.port),
                MEASURED_USER=SUPERUSER,
                MEASURED_PASSWORD=PASSWORD,
                PYTHONDONTWRITEBYTECODE="1",
            ),
            capture_output=True,
            text=True,
            timeout=230,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        lines = map(json.loads, ended.stdout.splitlines())
        return {each["id"]: each["harms"] for each in lines}

    return measured
