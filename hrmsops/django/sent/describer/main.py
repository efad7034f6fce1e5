"""Answers what the models are, what fills their fields, and what a password becomes.

No database is asked.
"""

import json
import os
import sys
from functools import partial

from ..wire import Refused, Requests, Wire, first_line

NOW = ("django.utils.timezone.now", "datetime.datetime.now", "datetime.datetime.utcnow")
LENGTH_MIN = 12


def prepare(request):
    """Django set up as the project says."""
    sys.path[0] = os.getcwd()
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    try:
        import django

        django.setup()
    except BaseException as error:
        said = " ".join(str(error).split())[:500]
        raise Refused("project", error=type(error).__name__, said=said) from error
    return {"django": django.get_version(), "python": sys.version.split()[0]}


def described(alias):
    """Every model that has a table of its own, and which of them is the user's."""
    from django.apps import apps
    from django.conf import settings
    from django.db import connections

    if alias not in connections.settings:
        raise Refused("alias-unknown", alias=alias, known=sorted(connections.settings))
    models = [m for m in apps.get_models(include_auto_created=True) if not m._meta.proxy]
    return {
        "models": [_model(each, connections[alias]) for each in models],
        "user": _user(apps, settings.AUTH_USER_MODEL),
    }


def _user(apps, name):
    """The user's model with the field that names one; None where the project has none."""
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        return None
    return {
        "label": model._meta.label,
        "username": getattr(model, "USERNAME_FIELD", "username"),
        "email": getattr(model, "EMAIL_FIELD", "") or "",
    }


def _model(model, connection):
    meta = model._meta
    return {
        "label": meta.label,
        "table": meta.db_table,
        "is_auto_created": bool(meta.auto_created),
        "is_inherited": any(each.primary_key and _is_parent_link(each) for each in meta.fields),
        "has_natural_key": hasattr(model._default_manager, "get_by_natural_key"),
        "fields": [_field(each, connection) for each in meta.local_concrete_fields],
    }


def _is_parent_link(field):
    return bool(field.remote_field and getattr(field.remote_field, "parent_link", False))


def _field(field, connection):
    remote = field.remote_field
    kind, value = _default(field, connection)
    return {
        "name": field.name,
        "column": field.column,
        "type": field.db_type(connection) or "",
        "is_null": field.null,
        "is_key": field.primary_key,
        "is_made": _is_made(field),
        "default": kind,
        "value": value,
        "moment": _moment(field),
        "max_length": getattr(field, "max_length", None),
        "decimal_places": getattr(field, "decimal_places", None),
        "choices": [str(value) for value, _ in field.flatchoices or ()],
        "to": remote.model._meta.label if remote else "",
        "to_column": field.target_field.column if remote else "",
    }


def _moment(field):
    """ "always" for auto_now, "once" for auto_now_add, else ""."""
    if getattr(field, "auto_now", False):
        return "always"
    return "once" if getattr(field, "auto_now_add", False) else ""


def _is_made(field):
    """Whether the database makes the value: a serial, an identity, a generated column."""
    from django.db import models

    has_own = getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED
    return isinstance(field, models.AutoField) or getattr(field, "generated", False) or has_own


def _default(field, connection):
    """How Django would fill it: "" not at all, "value", "now", or "each" by calling something."""
    from django.db import models

    default = field.default
    if default is models.NOT_PROVIDED:
        # Django itself gives an empty text to a field that may be blank.
        is_text = field.empty_strings_allowed and not field.null and field.blank
        return ("value", "") if is_text else ("", None)
    if not callable(default):
        return "value", _plain(field, field.get_default(), connection)
    name = f"{getattr(default, '__module__', '')}.{getattr(default, '__qualname__', '')}"
    if name in NOW:
        return "now", None
    if default in (dict, list):
        return "value", json.dumps(default())
    return "each", None


def _plain(field, value, connection):
    """A value as PostgreSQL reads it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(field.get_db_prep_save(value, connection)) if _is_simple(value) else str(value)


def _is_simple(value):
    return isinstance(value, (str, int, float))


def made(asked, alias):
    """For each column, as many values as there are rows: what Django would call for each."""
    from django.apps import apps
    from django.db import connections

    found = {}
    for name in asked["fields"]:
        field = apps.get_model(asked["model"])._meta.get_field(name)
        values = [field.get_default() for _ in range(asked["rows"])]
        found[name] = [_plain(field, each, connections[alias]) for each in values]
    return {"values": found}


def hashed(password):
    """The password as Django stores it, or why the project's own rules do not take it."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    problems = []
    if len(password) < LENGTH_MIN:
        problems.append(f"It has fewer than {LENGTH_MIN} characters.")
    try:
        validate_password(password)
    except ValidationError as error:
        problems += [str(each) for each in error.messages]
    if problems:
        raise Refused("password", problems=problems)
    return {"hash": make_password(password)}


def answer(asked, request):
    if asked["do"] == "describe":
        return described(request["alias"])
    if asked["do"] == "values":
        return made(asked, request["alias"])
    return hashed(asked["password"])


def main():
    """Serve what is asked on standard input; its end ends this process at once."""
    request, wire = first_line(), Wire()
    try:
        wire.emit("ready", **prepare(request))
        for asked in Requests(partial(os._exit, 0)):
            wire.emit("answer", **answer(asked, request))
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
    except BaseException as error:
        # Never its text: that of a hasher could quote a password.
        facts = {"sqlstate": "", "error": type(error).__name__, "about": "", "place": ""}
        wire.emit("refused", kind="broken", facts=facts)
    # A thread of the project must not keep this process alive.
    sys.stderr.flush()
    os._exit(0)
