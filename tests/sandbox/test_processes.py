"""Processes go on when their daemon is killed, and are known again by the next one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.process_records import ProcessRecord, ProcessRecords
from hrmsops.sandbox.processes import Processes
from tests.sandbox.waiting import eventually, is_running

SLEEPS = ["sleep", "300"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "sandbox")
    home.prepare()
    yield home
    Processes(home).stop_all(grace_seconds=0)


@pytest.fixture
def processes(home: Home) -> Iterator[Processes]:
    processes = Processes(home)
    yield processes
    processes.stop_all(grace_seconds=0)


def session_of(leader: int) -> list[int]:
    return [pid for pid in psutil.pids() if _session(pid) == leader]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def test_a_process_sees_a_minimal_environment_and_its_own(
    processes: Processes, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "not for the application")
    program = "import json, os; print(json.dumps([dict(os.environ), os.getcwd(), os.getpid()]))"

    record = processes.start("r", ["python", "-c", program], folder=tmp_path, env={"LANG": "de"})
    eventually(lambda: not processes.is_alive("r"))

    env, folder, pid = json.loads((home.logs / "r.log").read_text())
    env.pop("LC_CTYPE", None)  # The interpreter's own.
    assert set(env) == {"PATH", "HOME", "LANG", "TZ", "PYTHONDONTWRITEBYTECODE", "PWD"} - (
        {"PWD"} - set(env)
    )
    assert (env["LANG"], env["TZ"], env["PYTHONDONTWRITEBYTECODE"]) == ("de", "UTC", "1")
    assert Path(env["HOME"]).is_relative_to(home.root)
    assert (folder, pid) == (str(tmp_path), record.pid)


def test_a_process_leads_a_session_of_its_own(processes: Processes, tmp_path: Path) -> None:
    record = processes.start("r", SLEEPS, folder=tmp_path, env={})

    assert os.getsid(record.pid) == record.pid
    assert processes.is_alive("r")


def test_stopping_ends_the_children_too(processes: Processes, home: Home, tmp_path: Path) -> None:
    program = "trap '' TERM; sleep 300 & echo $!; wait"
    processes.start("r", ["sh", "-c", program], folder=tmp_path, env={})
    eventually(lambda: (home.logs / "r.log").read_text())
    child = int((home.logs / "r.log").read_text())

    processes.stop("r", grace_seconds=0.05)

    assert not processes.is_alive("r")
    eventually(lambda: not is_running(child))
    assert list(home.processes.iterdir()) == []


def test_a_process_has_its_grace_to_end_by_itself(
    processes: Processes, home: Home, tmp_path: Path
) -> None:
    program = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    processes.start("r", ["sh", "-c", program], folder=tmp_path, env={})
    eventually(lambda: "up" in (home.logs / "r.log").read_text())

    processes.stop("r", grace_seconds=10)

    assert (home.logs / "r.log").read_text().splitlines()[-1] == "bye"


def test_what_a_crashed_process_left_running_ends_before_it_starts_again(
    processes: Processes, home: Home, tmp_path: Path
) -> None:
    processes.start("r", ["sh", "-c", "sleep 300 & echo $!"], folder=tmp_path, env={})
    eventually(lambda: not processes.is_alive("r"))
    left = int((home.logs / "r.log").read_text())
    assert is_running(left)

    processes.start("r", SLEEPS, folder=tmp_path, env={})

    eventually(lambda: not is_running(left))


@pytest.mark.parametrize(("code", "seen"), [(0, 0), (7, 7)])
def test_the_exit_code_of_a_task_is_kept(
    processes: Processes, tmp_path: Path, code: int, seen: int
) -> None:
    processes.start("t", ["sh", "-c", f"exit {code}"], folder=tmp_path, env={}, keep_exit_code=True)
    eventually(lambda: not processes.is_alive("t"))

    assert processes.exit_code("t") == seen


def test_a_killed_task_has_no_exit_code(processes: Processes, tmp_path: Path) -> None:
    processes.start("t", SLEEPS, folder=tmp_path, env={}, keep_exit_code=True)

    processes.kill("t")

    assert processes.exit_code("t") is None
    assert not processes.is_alive("t")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "A"])
def test_a_name_that_is_no_file_is_refused(processes: Processes, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        processes.start(name, SLEEPS, folder=tmp_path, env={})


HOLDER = """
import sys, time
from pathlib import Path
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.processes import Processes
processes = Processes(Home(Path(sys.argv[1])))
processes.start("lasting", ["sleep", "300"], folder=Path("/"), env={}, port=4711)
processes.start("brief", ["sh", "-c", "sleep 300 & exit 0"], folder=Path("/"), env={})
processes.start("task", ["sh", "-c", "sleep 0.2; exit 3"], folder=Path("/"), env={},
                keep_exit_code=True)
while processes.is_alive("brief"):
    time.sleep(0.01)
print("held", flush=True)
time.sleep(300)
"""


def test_what_a_killed_daemon_left_is_adopted_or_ended(home: Home) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, home.root], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
    processes = Processes(home)
    brief = processes.record("brief")
    assert brief is not None

    adopted = {record.name: record for record in processes.adopt()}

    assert adopted["lasting"].port == 4711
    assert processes.is_alive("lasting")
    assert processes.record("brief") is None
    eventually(lambda: not any(is_running(pid) for pid in session_of(brief.pid)))
    eventually(lambda: not processes.is_alive("task"))
    assert processes.exit_code("task") == 3
    processes.stop_all(grace_seconds=1)
    assert not is_running(adopted["lasting"].pid)
    assert list(home.processes.iterdir()) == []


def test_a_daemon_that_dies_before_the_record_is_written_starts_nothing(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.process_records import ProcessRecords
from hrmsops.sandbox.processes import Processes
home = Home(Path(sys.argv[1]))
home.prepare()
def killed(frame, event, argument):
    if frame.f_code is ProcessRecords.write.__code__:
        os.kill(os.getpid(), signal.SIGKILL)
sys.setprofile(killed)
Processes(home).start("r", ["touch", sys.argv[2]], folder=Path("/"), env={})
"""
    began = tmp_path / "began"

    ended = subprocess.run([sys.executable, "-c", program, tmp_path / "s", began], check=False)

    assert ended.returncode == -signal.SIGKILL
    eventually(lambda: not any(str(began) in _words(process) for process in psutil.process_iter()))
    assert not began.exists()


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_pid_that_belongs_to_another_process_by_now_is_left_alone(
    processes: Processes, home: Home
) -> None:
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as stranger:
        earlier = psutil.Process(stranger.pid).create_time() - 60
        record = ProcessRecord(name="r", pid=stranger.pid, created=earlier)
        ProcessRecords(home.processes).write(record)

        assert not processes.is_alive("r")
        assert processes.adopt() == []
        ProcessRecords(home.processes).write(record)
        processes.stop("r", grace_seconds=0)

        assert stranger.poll() is None
        stranger.kill()


def test_records_can_be_listed_while_others_are_forgotten(tmp_path: Path) -> None:
    """A sandbox is asked for its status while its revisions end."""
    records = ProcessRecords(tmp_path)
    stays = ProcessRecord(name="stays", pid=1, created=0.0)
    records.write(stays)
    listed: list[list[ProcessRecord]] = []

    def come_and_go(name: str) -> None:
        for _ in range(500):
            records.write(ProcessRecord(name=name, pid=1, created=0.0))
            records.forget(name)

    others = [threading.Thread(target=come_and_go, args=(name,)) for name in ("one", "two")]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        listed.append(records.all())
    for other in others:
        other.join()

    assert listed
    assert all(stays in each for each in listed)
    assert records.all() == [stays]
