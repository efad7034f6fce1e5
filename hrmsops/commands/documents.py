"""What commands write under `--json` of themselves: pages, files of a repository, the sandbox."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from hrmsops.commands.pages import Page


class PageDocument(TypedDict):
    """The page of a code."""

    page: Page


class Code(TypedDict):
    """A code in one sentence."""

    code: str
    exit_code: int
    summary: str


class CodesDocument(TypedDict):
    """Every code there is."""

    codes: list[Code]


class InitDocument(TypedDict):
    """A configuration, or an environment more in one that is there."""

    path: str
    environment: str
    is_new: bool
    """Whether the file is."""
    make_bucket: str
    """The command for the bucket that it names, "" where it names none."""
    lacks_store: bool
    """It is protected, and no record is shared: changes are refused until one is."""
    next: str
    """The command to try first."""
    text: NotRequired[str]
    """All of the file, where it is only shown."""
    is_written: bool


class RepositoryFile(TypedDict):
    """A file of the repository."""

    path: str
    state: Literal["new", "differs", "same"]
    text: NotRequired[str]
    """All of it, where it is only shown."""


class InitFilesDocument(TypedDict):
    """Workflows and scripts for the repository."""

    root: str
    files: list[RepositoryFile]
    notes: list[str]
    is_written: bool
    next: str
    """The command to type next."""


class SandboxDocument(TypedDict):
    """What runs in the sandbox; what it says of each thing is no part of the promise."""

    endpoint: str
    dir: str
    config: str | None
    """The configuration of its environments; null while nothing is deployed."""
    project: str
    region: str
    account: str
    """Who calls, where a call does not say."""
    services: list[dict[str, Any]]
    worker_pools: list[dict[str, Any]]
    schedulers: list[dict[str, Any]]
    queues: list[dict[str, Any]]
    instances: list[dict[str, Any]]
    buckets: list[str]
    images: dict[str, str]
    """The digest of each reference."""
    faults: list[dict[str, Any]]
    rtt_seconds: float
    clock_skew_seconds: float
    clone_delay_seconds: float
    log_lag_seconds: float
    metrics_lag_seconds: float
    private_ip: bool
    unfinished_operations: int
    settings: dict[str, Any]


class ImagesDocument(TypedDict):
    """The sandbox's images."""

    images: dict[str, str]
    """The digest of each reference."""


class FaultsDocument(TypedDict):
    """The faults that are armed, in the order in which they strike."""

    faults: list[dict[str, Any]]
    """What was said of each when it was armed, and its id."""
