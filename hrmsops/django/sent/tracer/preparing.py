"""The HRMS's Django, with every database of it the scratch one."""

import os
import sys

from ..wire import Refused

KEPT_OPTIONS = ("options", "isolation_level", "server_side_binding")


def set_up(request):
    """Django's version, once it is set up as the project says."""
    sys.path[0] = os.getcwd()
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    try:
        import django
        from django.conf import settings

        _point(settings.DATABASES, request["alias"], request["database"])
        django.setup()
    except Refused:
        raise
    except BaseException as error:
        raise Refused("project", error=type(error).__name__, said=str(error)[:500]) from error
    from django.utils import translation

    translation.deactivate_all()
    return django.get_version()


def _point(databases, alias, wanted):
    """Nothing that a migration does may reach a real database."""
    if alias not in databases:
        raise Refused("alias-unknown", alias=alias, known=sorted(databases))
    for name, database in databases.items():
        if "postg" not in database.get("ENGINE", ""):
            if name != alias:
                database.clear()
                database["ENGINE"] = "django.db.backends.dummy"
            continue
        options = database.get("OPTIONS", {})
        kept = {each: options[each] for each in KEPT_OPTIONS if each in options}
        database.update({key: value for key, value in wanted.items() if key != "OPTIONS"})
        database["AUTOCOMMIT"], database["CONN_MAX_AGE"] = True, None
        database["OPTIONS"] = {
            **kept, **wanted["OPTIONS"], "connect_timeout": 10,
            "application_name": "hrmsops check --trace",
        }  # fmt: skip
