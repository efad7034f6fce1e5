"""The timeline as a picture: a bar for each step, on one axis of time."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.aftermath.incident import Incident

WIDTH = 760.0
ROW_HEIGHT = 38.0
FOOT_HEIGHT = 26.0
BAR_WIDTH_MIN = 3.0
LABEL_CHARACTERS_MAX = 96


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A bar in the units of the picture; `label` stands above it."""

    x: float
    y: float
    width: float
    state: str
    label: str
    seconds: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """All bars, the height, and the ends of the axis."""

    width: float
    height: float
    bars: tuple[Drawn, ...]
    begin: str
    end: str


def picture(incident: Incident) -> Picture:
    """The bars of an incident, from its plan to its last entry."""
    span = max(incident.seconds, 0.001)
    bars = []
    for row, bar in enumerate(incident.bars):
        began = (bar.began - incident.began).total_seconds()
        width = max(bar.seconds / span * WIDTH, BAR_WIDTH_MIN)
        bars.append(
            Drawn(
                x=round(min(began / span * WIDTH, WIDTH - width), 1),
                y=round(row * ROW_HEIGHT, 1),
                width=round(width, 1),
                state=bar.state,
                label=_short(f"{bar.number}. {bar.sentence}"),
                seconds=f"{bar.seconds:.1f} s",
            )
        )
    return Picture(
        width=WIDTH,
        height=round(len(bars) * ROW_HEIGHT + FOOT_HEIGHT, 1),
        bars=tuple(bars),
        begin=f"{incident.began:%H:%M:%S}",
        end=f"{incident.ended:%H:%M:%S} UTC",
    )


def _short(text: str) -> str:
    return text if len(text) <= LABEL_CHARACTERS_MAX else f"{text[: LABEL_CHARACTERS_MAX - 1]}…"
