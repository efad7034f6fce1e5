"""An index that goes while everybody works."""

from __future__ import annotations

from hrmsops.safety.rewrite.editing import changed_call
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite

OPERATIONS = "from django.contrib.postgres.operations import RemoveIndexConcurrently"


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """Django's own concurrent operation."""
    removed = changed_call(place.code, function="RemoveIndexConcurrently")
    return (Part(phase=Phase.BUILD, operations=(removed,), imports=(OPERATIONS,)),)


REWRITE = Rewrite(
    takes=("RemoveIndex",),
    answers=frozenset({"index-dropped-under-lock"}),
    parts=parts,
)
