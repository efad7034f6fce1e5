"""The HRMS's project, set up as it says, over the database that the request says."""

import os
import sys

from ..wire import Refused
from .words import said, sqlstate


def set_up(request):
    """Django, with its version. Refuses a project that cannot be loaded."""
    sys.path[0] = os.getcwd()
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    try:
        import django
        from django.conf import settings
        from django.utils import translation

        _point(settings.DATABASES.get(request["alias"]), request)
        django.setup()
        translation.deactivate_all()
    except BaseException as error:
        raise _not_loadable(error) from error
    return django.get_version()


def with_its_code(make):
    """What `make` makes, while the modules of the migrations are read."""
    try:
        return make()
    except Exception as error:
        if sqlstate(error):
            raise
        raise _not_loadable(error) from error


def _not_loadable(error):
    return Refused("project", error=type(error).__name__, said=said(error))


def _point(database, request):
    if database is None:
        return
    database.update(request["database"])
    database["AUTOCOMMIT"] = True
    options = database.setdefault("OPTIONS", {})
    for name in ("pool", "assume_role", "service", "passfile"):
        options.pop(name, None)
    _encrypt(options, request.get("sslmode", ""))
    options["connect_timeout"] = 10
    options["application_name"] = request["application_name"]


def _encrypt(options, sslmode):
    """A tunnel encrypts by itself, up to a server that offers nothing within it."""
    if sslmode == "disable":
        options["sslmode"] = sslmode
    elif sslmode:
        options.setdefault("sslmode", sslmode)
