"""`hrmsops sandbox`: what can be typed, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrmsops.commands.sandbox_status import status_lines
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from tests.fixtures.sandboxes import IMAGES, REPOSITORY, bring_up, deploy, hrmsops


def test_status_shows_services_and_their_traffic(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    service = deploy(sandbox, name, images["echo"])
    words = ("sandbox", "status", "--dir", str(sandbox.home.root))

    document = json.loads(hrmsops(*words, "--json").out)
    lines = hrmsops(*words).out.splitlines()

    assert (document["schema"], document["endpoint"]) == (1, sandbox.endpoint)
    assert name in [each["name"] for each in document["services"]]
    shown = [line.split(maxsplit=2) for line in lines]
    assert [name, service["uri"], "100 % latest"] in shown
    unborn = service | {"name": name, "uri": None, "trafficStatuses": None}
    [told] = status_lines(
        document
        | {"services": [unborn], "worker_pools": [], "schedulers": [], "queues": []}
        | {"instances": [], "images": [], "faults": []}
    )
    assert told == f"{name}  never served  no traffic"


def test_a_folder_becomes_an_image_that_is_listed(sandbox: Client) -> None:
    reference = f"{REPOSITORY}/typed:1"
    folder = ("--dir", str(sandbox.home.root))

    digest = hrmsops("sandbox", "image", "add", str(IMAGES / "echo"), reference, *folder).out

    listed = hrmsops("sandbox", "image", "list", *folder).out.splitlines()
    assert f"{reference}  {digest.strip()}" in listed


@pytest.mark.parametrize(
    ("words", "armed"),
    [
        (["error", "--code", "429"], {"kind": "error", "code": 429, "times": 1}),
        (["hang", "--seconds", "2"], {"kind": "hang", "seconds": 2.0, "times": 1}),
        (["hang", "--after", "--times", "3"], {"kind": "hang-after", "times": 3}),
        (["drop"], {"kind": "drop-before", "times": 1}),
        (["drop", "--after", "--method", "PATCH"], {"kind": "drop-after", "method": "PATCH"}),
        (["delay", "1.5", "--path", "services"], {"kind": "delay", "path": "services"}),
        (["operation", "services.traffic"], {"kind": "operation", "operation": "services.traffic"}),
    ],
)
def test_a_fault_is_armed_by_a_line(
    faults: Client, words: list[str], armed: dict[str, object]
) -> None:
    folder = ("--dir", str(faults.home.root))

    number = hrmsops("sandbox", "fault", *words, *folder).out.strip()

    listed = json.loads(hrmsops("sandbox", "fault", "list", "--json", *folder).out)
    fault = next(each for each in listed["faults"] if each["id"] == number)
    assert armed.items() <= fault.items()


def test_faults_are_cleared_by_a_line(faults: Client) -> None:
    folder = ("--dir", str(faults.home.root))
    faults.arm(kind="error", path="nothing")

    told = hrmsops("sandbox", "fault", "clear", *folder)

    assert told.err.strip() == "1 cleared."
    assert faults.status()["faults"] == []


def test_a_revision_is_crashed_by_a_line(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    service = deploy(sandbox, name, images["echo"])
    revision = service["latestReadyRevision"].rpartition("/")[2]

    told = hrmsops("sandbox", "fault", "crash", revision, "--dir", str(sandbox.home.root))

    assert told.err.strip() == f"{revision} was killed."


def test_a_refusal_is_told_in_words(sandbox: Client) -> None:
    told = hrmsops(
        "sandbox", "fault", "crash", "no-such-one", "--dir", str(sandbox.home.root), check=False
    )

    assert told.code == 10
    assert "Resource 'no-such-one' was not found" in told.err


@pytest.mark.parametrize("words", [["status"], ["image", "list"], ["fault", "list"], ["gcloud"]])
def test_what_needs_a_running_sandbox_says_how_to_start_one(
    tmp_path: Path, words: list[str]
) -> None:
    told = hrmsops("sandbox", *words, "--dir", str(tmp_path), check=False)

    assert told.code == 2
    assert f"hrmsops sandbox up --detach --dir {tmp_path}" in told.err


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", Path("/proc/nobody-makes-this")):
        told = hrmsops("sandbox", "up", "--detach", "--dir", str(folder), check=False)
        assert told.code == 2
        assert f"No sandbox can be in {folder}." in told.err


def test_down_where_none_runs_is_done(tmp_path: Path) -> None:
    told = hrmsops("sandbox", "down", "--dir", str(tmp_path))

    assert told.err.strip() == f"The sandbox in {tmp_path} did not run."


def test_destroying_needs_consent_and_a_sandbox(tmp_path: Path) -> None:
    home = Home(tmp_path / "sandbox")
    bring_up(home)
    words = ("sandbox", "down", "--destroy")

    unasked = hrmsops(*words, "--dir", str(home.root), check=False)
    assert (unasked.code, home.root.exists()) == (3, True)
    elsewhere = hrmsops(*words, "--yes", "--dir", str(tmp_path), check=False)
    assert (elsewhere.code, home.root.exists()) == (3, True)

    hrmsops(*words, "--yes", "--dir", str(home.root))

    assert not home.root.exists()
