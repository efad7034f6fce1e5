"""Which unfinished run is meant, and what of its options was left out."""

from __future__ import annotations

from dataclasses import replace

from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.finding import field_named, model_named
from hrmsops.backfill.reaching import require_postgresql
from hrmsops.backfill.request import Request
from hrmsops.errors.backfill_run import BackfillAmbiguous, BackfillNothingToResume


def continued(request: Request, *, using: str) -> Request:
    """The request of the unfinished run that is meant, with the options that were left out.

    Raises BackfillNothingToResume, BackfillAmbiguous, BackfillOptionsDiffer.
    """
    require_postgresql(using)
    request = named(request)
    everything = Checkpoints(using).unfinished()
    found = [each for each in everything if _is_meant(each.request, request)]
    subjects = list(dict.fromkeys(each.subject for each in found))
    if not found:
        others = list(dict.fromkeys(each.subject for each in everything))
        raise BackfillNothingToResume(subject=_meant(request), unfinished=others)
    if len(subjects) > 1:
        raise BackfillAmbiguous(subjects=subjects)
    return request.resumed(found[0].request)


def named(request: Request) -> Request:
    """Model and field as the project writes them, so that they can be compared."""
    if not request.model:
        return request
    model = model_named(request.model)
    field = field_named(model, request.field).name if request.field else None
    return replace(request, model=model._meta.label, field=field)


def _is_meant(begun: Request, asked: Request) -> bool:
    if asked.backfill or begun.backfill:
        return asked.backfill == begun.backfill
    return (begun.model, begun.field) == (asked.model, asked.field) and all(
        getattr(asked, name) in (None, getattr(begun, name)) for name in ("value", "expression")
    )


def _meant(request: Request) -> str:
    if request.backfill or request.value is not None or request.expression is not None:
        return request.subject
    return f"{request.model}.{request.field}"
