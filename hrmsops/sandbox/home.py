"""Where a sandbox keeps what it must not forget: one folder, laid out here and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hrmsops.errors.sandbox import SandboxFolderUnusable


def default_root() -> Path:
    """`HRMSOPS_STATE_DIR`, else the platform's folder for state, with `sandbox` below it."""
    if configured := os.environ.get("HRMSOPS_STATE_DIR"):
        return Path(configured).absolute() / "sandbox"
    import platformdirs

    return platformdirs.user_state_path("hrmsops") / "sandbox"


@dataclass(frozen=True)
class Home:
    """The folder of one sandbox; everything in it is readable by its owner alone."""

    root: Path

    @property
    def state(self) -> Path:
        """The SQLite file with every resource, operation and fault."""
        return self.root / "state.db"

    @property
    def images(self) -> Path:
        """Content-addressed image folders: `sha256/DIGEST/`, and the tags that name them."""
        return self.root / "images"

    @property
    def certificates(self) -> Path:
        """The certificate authority of each instance and the server certificate it issued."""
        return self.root / "certificates"

    @property
    def processes(self) -> Path:
        """One record for each process started, so that a new sandbox can adopt or end it."""
        return self.root / "processes"

    @property
    def logs(self) -> Path:
        """What every process prints, and `requests.jsonl`: each call of the API."""
        return self.root / "logs"

    @property
    def endpoint(self) -> Path:
        """JSON `{"endpoint", "token", "pid"}` of the server that runs now, owner-readable."""
        return self.root / "endpoint.json"

    @property
    def config(self) -> Path:
        """The `hrmsops.toml` whose environments point at this sandbox."""
        return self.root / "hrmsops.toml"

    def prepare(self) -> None:
        """Make the folders that every part expects; raises SandboxFolderUnusable."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            for folder in (self.images, self.processes, self.logs):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            why = f"{error.strerror or error}."
            raise SandboxFolderUnusable(folder=self.root, why=why) from error

    def require_folder(self) -> None:
        """Raise SandboxFolderUnusable where the folder is a file, or would be in one."""
        there = next(each for each in (self.root, *self.root.parents) if each.exists())
        if not there.is_dir():
            raise SandboxFolderUnusable(folder=self.root, why=f"{there} is not a folder.")
