"""The end of a sandbox: everything that it ever made, wherever that lies."""

from __future__ import annotations

from hrmsops.sandbox.cloud_sql.backup_files import BackupFiles
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.image_copy import remove_read_only
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.launch import stop


def destroy(home: Home) -> None:
    """Take the sandbox down if it runs, and delete its databases, its images and its folder."""
    stop(home)
    # A cluster or a backup can lie outside of the folder: where the server's own user may go.
    instances = Instances(home)
    for name in instances.names():
        instances.delete(name)
    BackupFiles(home).destroy()
    remove_read_only(home.root)
