"""Cloud SQL instances as clusters. (Signatures first; the bodies follow.)"""

from __future__ import annotations

import msgspec

from hrmsops.sandbox.home import Home


class User(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    password: str
    member_of: tuple[str, ...] = ()


class Instances:
    def __init__(self, home: Home) -> None: ...
    def create(self, name: str, *, database: str, owner: str, users: tuple[User, ...]) -> int:
        """The port; it runs. InstanceExists when there is one."""
        raise NotImplementedError
    def start(self, name: str) -> int: raise NotImplementedError
    def stop(self, name: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def names(self) -> list[str]: raise NotImplementedError
    def port(self, name: str) -> int: raise NotImplementedError
    def is_running(self, name: str) -> bool: raise NotImplementedError
    def connect_info(self, connection_name: str) -> tuple[str, int] | None: raise NotImplementedError
    def adopt(self) -> list[str]: raise NotImplementedError
    def stop_all(self) -> None: ...
