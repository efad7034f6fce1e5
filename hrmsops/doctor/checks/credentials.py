"""Who is asking, and whether the login lasts as long as a recovery."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import IN_THE_CLOUD
from hrmsops.doctor.words import span

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.gcp.login import Login

LASTS_MIN = timedelta(minutes=45)
"""As long as a small clone can take."""


def look(around: Around) -> Login:
    from hrmsops.gcp.login import login

    return login(around.world.clients)


def judge(login: Login) -> Finding:
    who = f"{login.account} by {login.kind}"
    if login.is_renewed:
        return good(f"{who}, renewed by itself")
    if login.lasts is None:
        return good(f"{who}, nobody says for how long")
    left = f"{who}, for {span(login.lasts)} more"
    if login.lasts >= LASTS_MIN:
        return good(left)
    return warning(f"{left}; a recovery takes longer", "gcloud auth application-default login")


CHECK = Check(
    title="credentials",
    topic=Topic.ACCESS,
    place=1,
    asks="Who is logged in, and when does the login end?",
    commands=IN_THE_CLOUD,
    look=look,
    judge=judge,
)
