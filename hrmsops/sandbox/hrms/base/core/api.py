"""The JSON API's common part: a body in; one row, a count, or what was written out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from core import rows, writes

Json = dict[str, Any]
Make = Callable[[type[models.Model], Json], tuple[models.Model, bool]]
Answer = Callable[[], tuple[Json, int]]


def collection(model: type[models.Model], make: Make = rows.make):
    """The view of a whole table: POST makes a row once for each request id, GET counts.

    A row is answered 201 when it was made now and 200 when an earlier request of the same id
    made it; both only after its transaction has committed. `written` lists each row of it.
    """

    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            return JsonResponse({"count": model.objects.count()})
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "POST"])
        return _answered(lambda: _made(model, make, _body(request)))

    return view


def one(model: type[models.Model]):
    """The view of one row by its key: GET, PATCH writes the columns that are named, DELETE.

    A row that this very request has deleted before is answered again: a client that did not hear
    the first answer asks a second time.
    """

    def view(request: HttpRequest, key: int) -> HttpResponse:
        if request.method == "GET":
            return _answered(lambda: (_row(model.objects.get(pk=key)), 200))
        if request.method == "PATCH":
            return _answered(lambda: _edited(model, key, _body(request)))
        if request.method == "DELETE":
            return _answered(lambda: _removed(model, key, _body(request)))
        return HttpResponseNotAllowed(["GET", "PATCH", "DELETE"])

    return view


def _made(model: type[models.Model], make: Make, body: Json) -> tuple[Json, int]:
    with writes.unit(str(body["request_id"])) as written:
        row, is_new = make(model, body)
    if not is_new:
        written = [writes.described(each, "insert") for each in row.whole()]
    return {**_row(row), "written": written}, 201 if is_new else 200


def _edited(model: type[models.Model], key: int, body: Json) -> tuple[Json, int]:
    with writes.unit(str(body["request_id"])) as written:
        row = model.objects.select_for_update().get(pk=key)
        rows.edit(row, body)
    return {**_row(row), "request_id": body["request_id"], "written": written}, 200


def _removed(model: type[models.Model], key: int, body: Json) -> tuple[Json, int]:
    request_id = str(body["request_id"])
    with writes.unit(request_id) as written:
        row = model.objects.select_for_update().filter(pk=key).first()
        if row is not None:
            row.delete()
    if row is None and not (written := writes.deleted_by(request_id)):
        raise model.DoesNotExist
    return {"id": key, "request_id": request_id, "written": written}, 200


def _answered(answer: Answer) -> HttpResponse:
    """The answer, or why there is none; what the database could not do is 503: ask again."""
    try:
        document, status = answer()
    except (ValidationError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        return JsonResponse({"error": "invalid", "kind": type(error).__name__}, status=400)
    except models.ObjectDoesNotExist:
        return JsonResponse({"error": "not-found"}, status=404)
    except models.ProtectedError:
        return JsonResponse({"error": "in-use"}, status=409)
    except IntegrityError:
        return JsonResponse({"error": "conflict"}, status=409)
    except DatabaseError as error:
        return JsonResponse({"error": "database", "kind": type(error).__name__}, status=503)
    return JsonResponse(document, status=status)


def _body(request: HttpRequest) -> Json:
    body = json.loads(request.body)
    if not isinstance(body, dict) or not body.get("request_id"):
        raise ValueError("a JSON object with a request_id is expected")
    return body


def _row(row: Any) -> Json:
    return {"id": row.pk, "request_id": row.request_id, **row.public_facts()}
