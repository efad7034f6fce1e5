"""The JSON API's common part: a body in, one row or a count out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

Json = dict[str, Any]


def collection(model: type[models.Model], create: Callable[[Json], tuple[models.Model, bool]]):
    """The view of a whole table: POST makes a row once for each request id, GET counts.

    A row is answered 201 when it was made now and 200 when an earlier request of the same id
    made it; both only after its transaction has committed.
    """

    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            return JsonResponse({"count": model.objects.count()})
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "POST"])
        try:
            row, is_new = create(_body(request))
        except (ValidationError, KeyError, TypeError, ValueError) as error:
            return JsonResponse({"error": "invalid", "kind": type(error).__name__}, status=400)
        except IntegrityError:
            return JsonResponse({"error": "conflict"}, status=409)
        return JsonResponse(_answer(row), status=201 if is_new else 200)

    return view


def one(model: type[models.Model]):
    """The view of one row by its key: its keys and its request id."""

    def view(request: HttpRequest, key: int) -> HttpResponse:
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        row = model.objects.filter(pk=key).first()
        if row is None:
            return JsonResponse({"error": "not-found"}, status=404)
        return JsonResponse(_answer(row))

    return view


def _body(request: HttpRequest) -> Json:
    body = json.loads(request.body)
    if not isinstance(body, dict) or not body.get("request_id"):
        raise ValueError("a JSON object with a request_id is expected")
    return body


def _answer(row: Any) -> Json:
    return {"id": row.pk, "request_id": row.request_id, **row.public_facts()}
