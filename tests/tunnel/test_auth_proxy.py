"""How each version of the Auth Proxy is told what to do, and what its words mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.errors import HrmsopsError
from hrmsops.errors.cloud import NotAuthorised, NotLoggedIn
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.tunnel import AuthProxyFailed, AuthProxyMissing, ServerProxyUnreachable
from hrmsops.tunnel.proxy_binary import Binary, find
from hrmsops.tunnel.proxy_words import explained

NAME = "nhia-hrms:us-central1:pg-0001"
SCRIPT = "#!/bin/sh\necho {words}\n"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, and no other on PATH than what a script needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    return folder


def program(folder: Path, name: str, words: str) -> None:
    (folder / name).write_text(SCRIPT.format(words=words))
    (folder / name).chmod(0o755)


def test_version_2_is_taken_before_version_1_and_neither_is_told(on_path: Path) -> None:
    with pytest.raises(AuthProxyMissing) as raised:
        find("")
    assert raised.value.why == "Neither is found on PATH."
    program(on_path, "cloud_sql_proxy", "Cloud SQL Proxy: 1.33.1")
    assert (find("").name, find("").version) == ("cloud_sql_proxy", 1)
    program(on_path, "cloud-sql-proxy", "cloud-sql-proxy version 2.14.1+linux.amd64")
    assert (find("").name, find("").version) == ("cloud-sql-proxy", 2)


def test_no_token_stands_in_what_it_is_started_with(tmp_path: Path) -> None:
    first = Binary(path="/bin/cloud_sql_proxy", version=1)
    assert first.command(NAME, folder=Path("/tmp/h"), ip_type="private", endpoint="") == (
        [
            "/bin/cloud_sql_proxy",
            "-dir=/tmp/h",
            f"-instances={NAME}=unix:/tmp/h/s",
            "-ip_address_types=PRIVATE",
        ],
        {},
    )
    with pytest.raises(AuthProxyMissing, match="version 2"):
        first.command(NAME, folder=Path("/tmp/h"), ip_type="psc", endpoint="")

    second = Binary(path="/bin/cloud-sql-proxy", version=2)
    path = f"{NAME}?unix-socket-path=/tmp/h/s"
    assert second.command(NAME, folder=Path("/tmp/h"), ip_type="psc", endpoint="") == (
        ["/bin/cloud-sql-proxy", path, "--psc"],
        {},
    )
    words, variables = second.command(
        NAME, folder=Path("/tmp/h"), ip_type="public", endpoint="http://127.0.0.1:8085"
    )
    assert words[2:] == ["--sqladmin-api-endpoint=http://127.0.0.1:8085/"]
    assert list(variables) == ["CSQL_PROXY_TOKEN"]


MISSING = "googleapi: Error 404: The Cloud SQL instance does not exist., instanceDoesNotExist"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["errors parsing config:", MISSING], InstanceMissing),
        ([f"[{NAME}] Unable to mount socket: Refresh error: {MISSING}"], InstanceMissing),
        ([f'couldn\'t connect to "{NAME}": Error 403: notAuthorized'], NotAuthorised),
        (["unable to start: google: could not find default credentials."], NotLoggedIn),
        (['failed to connect to instance: oauth2: "invalid_grant"'], NotLoggedIn),
        (
            ["failed to connect to instance: Dial error: dial tcp 10.0.0.3:3307: i/o timeout"],
            ServerProxyUnreachable,
        ),
        (['Config error: instance does not have IP of type "PRIVATE"'], AuthProxyFailed),
    ],
)
def test_its_words_are_told_as_what_they_mean(words: list[str], error: type[HrmsopsError]) -> None:
    before = ["current FDs rlimit set to 20000", "Ready for new connections"]
    told = tuple(f"2026/11/29 08:50:32 {line}" for line in [*before, *words])

    found = explained(told, binary="the proxy", instance="pg-0001", ip_type="private")

    assert type(found) is error
    assert words[-1][:20] in found.why
    assert "2026/11/29 08:50:32 " not in found.why[:20]


def test_what_is_no_trouble_is_none() -> None:
    told = ("2026/11/29 08:50:32 Ready for new connections", 'New connection for "pg-0001"')
    assert explained(told, binary="it", instance="pg-0001", ip_type="auto") is None
