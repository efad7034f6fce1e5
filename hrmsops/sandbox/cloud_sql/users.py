"""Users: the roles of an instance that may log in, as its own catalogue has them."""

from __future__ import annotations

from typing import Any

from hrmsops.postgres.cloud_sql_roles import CLIENTS
from hrmsops.postgres.passwords import set_password
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, operations, refusals
from hrmsops.sandbox.cloud_sql.cloud import PROJECT, CloudSql, Kind
from hrmsops.sandbox.state import Json

_LOGINS = """
SELECT rolname FROM pg_roles
WHERE rolcanlogin AND NOT rolsuper ORDER BY rolname
"""


def list_(cloud: CloudSql, request: Request) -> Json:
    """users.list."""
    document = instances.running(cloud, request)
    name = document["name"]
    return {
        "kind": "sql#usersList",
        "items": [_view(name, user) for user in _names(cloud, name)],
    }


def get(cloud: CloudSql, request: Request) -> Json:
    """users.get."""
    document = instances.running(cloud, request)
    user = _known(cloud, document, request.names["name"])
    return _view(document["name"], user)


def insert(cloud: CloudSql, request: Request) -> Json:
    """users.insert: a built-in user; a password is taken and never shown."""
    document = instances.running(cloud, request)
    user = str(request.body.get("name", ""))
    if not user or not request.body.get("password"):
        raise refusals.invalid("a user needs a name and a password")
    if user in _names(cloud, document["name"]):
        raise refusals.SqlRefusal(409, "userAlreadyExists", f"User {user} already exists.")
    password = request.body["password"]
    return _begin(cloud, document, request, "CREATE_USER", user=user, password=password)


def update(cloud: CloudSql, request: Request) -> Json:
    """users.update: another password."""
    document = instances.running(cloud, request)
    user = _known(cloud, document, request.query.get("name", ""))
    if not request.body.get("password"):
        raise refusals.invalid("the sandbox changes passwords only")
    password = request.body["password"]
    return _begin(cloud, document, request, "UPDATE_USER", user=user, password=password)


def delete(cloud: CloudSql, request: Request) -> Json:
    """users.delete: fails, in its operation, where the role owns something."""
    document = instances.running(cloud, request)
    user = _known(cloud, document, request.query.get("name", ""))
    return _begin(cloud, document, request, "DELETE_USER", user=user, password=None)


def _begin(cloud: CloudSql, document: Json, request: Request, type_: str, **memory: Any) -> Json:
    with cloud.state.change():
        operation = operations.begin(
            cloud,
            kind="sql.users",
            type_=type_,
            target=document["name"],
            account=request.account,
            verb=type_,
            **memory,
        )
    return operations.go(cloud, operation)


def _act(cloud: CloudSql, work: Json) -> None:
    from psycopg import sql

    user = sql.Identifier(work["user"])
    with cloud.instances.held(work["target"]) as cluster, cluster.connect("postgres") as session:
        is_there = work["user"] in {name for (name,) in session.execute(_LOGINS)}
        if work["verb"] == "DELETE_USER":
            if is_there:
                session.execute(sql.SQL("DROP ROLE {}").format(user))
            return
        if not is_there:
            session.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB CREATEROLE").format(user)
            )
            session.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(CLIENTS), user))
        set_password(session, work["user"], work["password"])


def _names(cloud: CloudSql, instance: str) -> list[str]:
    with cloud.instances.held(instance) as cluster, cluster.connect("postgres") as session:
        return [str(name) for (name,) in session.execute(_LOGINS)]


def _known(cloud: CloudSql, document: Json, user: str) -> str:
    if user not in _names(cloud, document["name"]):
        raise refusals.SqlRefusal(404, "userDoesNotExist", f"User {user} does not exist.")
    return user


def _view(instance: str, user: str) -> Json:
    return {
        "kind": "sql#user",
        "name": user,
        "host": "",
        "instance": instance,
        "project": PROJECT,
        "type": "BUILT_IN",
    }


KINDS = {"sql.users": Kind(act=_act)}
