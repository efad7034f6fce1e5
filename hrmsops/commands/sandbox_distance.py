"""How far away `sandbox up` puts the cloud: options, each a length of time but one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer


def _length(text: str) -> timedelta:
    from hrmsops.config.duration import duration

    return -duration(text[1:]) if text.startswith("-") else duration(text)


def _duration(name: str, help_: str) -> Any:
    return typer.Option(name, metavar="DURATION", parser=_length, help=help_)


Rtt = Annotated[timedelta | None, _duration("--rtt", "How far away it is, such as 80ms.")]
ClockSkew = Annotated[
    timedelta | None,
    _duration("--clock-skew", "How far the cloud's clock is ahead, such as 10m or -10m."),
]
CloneDelay = Annotated[
    timedelta | None,
    _duration("--clone-delay", "How long a clone or a restore takes at least, such as 40s."),
]
LogLag = Annotated[
    timedelta | None,
    _duration("--log-lag", "By how much the latest recovery time trails now, such as 5m."),
]
MetricsLag = Annotated[
    timedelta | None,
    _duration(
        "--metrics-lag",
        "How old a sample of Cloud Monitoring is before it can be read, such as 240s.",
    ),
]
PrivateIp = Annotated[
    bool | None,
    typer.Option(
        "--private-ip/--public-ip",
        help="Whether the API tells only private addresses, which nothing here can reach.",
    ),
]
