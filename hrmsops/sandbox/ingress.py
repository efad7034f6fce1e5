"""The URLs. (Signatures first; the bodies follow.)"""

from __future__ import annotations

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.workload import Workload


class Ingress:
    delay_seconds: float = 0.0

    def __init__(self, home: Home, runtime: Runtime, *, idle_seconds: float = 10.0) -> None:
        """Ports by key are kept in home.root/ports.json."""
    def publish(self, key: str, *, host: str, targets: tuple[tuple[Workload, int], ...], access: str) -> str:
        """access: "open" | "iam" | "internal". Empty targets answer 404."""
        raise NotImplementedError
    def withdraw(self, key: str) -> None: ...
    def release(self, name: str) -> None:
        """Stop a revision that no URL uses, once idle: call after a deploy at 0 % and after adopt()."""
    def in_flight(self, name: str) -> int: raise NotImplementedError
    def close(self) -> None: ...
