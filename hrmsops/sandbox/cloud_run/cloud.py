"""What every handler of Cloud Run is given: the state, the machines, and the clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from hrmsops.sandbox.cloud_run.background import Background
from hrmsops.sandbox.cloud_run.news import News
from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.ingress import Ingress
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.state import State

PROJECT = "nhia-hrms"
REGION = "us-central1"
ACCOUNT = "oncall@nhia.example"
PARENT = f"projects/{PROJECT}/locations/{REGION}"


@dataclass(frozen=True, kw_only=True)
class CloudRun:
    """One project in one region, as the control plane sees it."""

    state: State
    images: Images
    runtime: Runtime
    ingress: Ingress
    faults: Faults
    distance: Distance
    logs: Path
    """Where the output of revisions and tasks is: `NAME.log`."""
    background: Background = field(default_factory=Background)
    sustaining: threading.Lock = field(default_factory=threading.Lock)
    """Held while instances of worker pools are started and ended."""
    news: News = field(default_factory=News)
    """Announced whenever an operation ends: what operations.wait waits for."""
