"""Users: the roles of an instance that may log in, as its own catalogue has them.

An IAM user is one of Cloud SQL's own group for these. Its password is an access token: the
sandbox's, which stands for any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hrmsops.postgres.cloud_sql_roles import CLIENTS, IAM_SERVICE_ACCOUNTS, IAM_USERS
from hrmsops.postgres.passwords import set_password
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, operations, refusals
from hrmsops.sandbox.cloud_sql.cloud import PROJECT, CloudSql, Kind
from hrmsops.sandbox.state import Json

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[object, ...]]

TOKEN = "sandbox"  # noqa: S105 - what clients of a sandbox show instead of Google's.
BUILT_IN = "BUILT_IN"
_GROUPS = {
    "CLOUD_IAM_USER": IAM_USERS,
    "CLOUD_IAM_SERVICE_ACCOUNT": IAM_SERVICE_ACCOUNTS,
}
_LOGINS = """
SELECT r.rolname, coalesce(min(g.rolname), '') FROM pg_roles r
LEFT JOIN pg_auth_members m ON m.member = r.oid
LEFT JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = ANY(%s)
WHERE r.rolcanlogin AND NOT r.rolsuper GROUP BY r.rolname ORDER BY r.rolname
"""


def list_(cloud: CloudSql, request: Request) -> Json:
    """users.list."""
    document = instances.running(cloud, request)
    name = document["name"]
    return {
        "kind": "sql#usersList",
        "items": [_view(name, user, type_) for user, type_ in _types(cloud, name).items()],
    }


def get(cloud: CloudSql, request: Request) -> Json:
    """users.get."""
    document = instances.running(cloud, request)
    user, type_ = _known(cloud, document, request.names["name"])
    return _view(document["name"], user, type_)


def insert(cloud: CloudSql, request: Request) -> Json:
    """users.insert: a built-in user, whose password is never shown, or an IAM user without one."""
    document = instances.running(cloud, request)
    user, type_ = str(request.body.get("name", "")), str(request.body.get("type") or BUILT_IN)
    password = request.body.get("password", "")
    if type_ not in (BUILT_IN, *_GROUPS):
        raise refusals.invalid(f"the sandbox has no users of type {type_}")
    if not user or bool(password) is (type_ in _GROUPS):
        raise refusals.invalid("a user needs a name, and a built-in one a password")
    if type_ in _GROUPS and ("@" not in user or user.endswith(".gserviceaccount.com")):
        raise refusals.invalid(f"{user} is no account's name in a database")
    if user in _types(cloud, document["name"]):
        raise refusals.SqlRefusal(409, "userAlreadyExists", f"User {user} already exists.")
    memory = {"user": user, "password": password or TOKEN, "group": _GROUPS.get(type_, "")}
    return _begin(cloud, document, request, "CREATE_USER", **memory)


def update(cloud: CloudSql, request: Request) -> Json:
    """users.update: another password."""
    document = instances.running(cloud, request)
    user, type_ = _known(cloud, document, request.query.get("name", ""))
    if not request.body.get("password") or type_ in _GROUPS:
        raise refusals.invalid("the sandbox changes passwords only")
    password = request.body["password"]
    return _begin(cloud, document, request, "UPDATE_USER", user=user, password=password)


def delete(cloud: CloudSql, request: Request) -> Json:
    """users.delete: fails, in its operation, where the role owns something."""
    document = instances.running(cloud, request)
    user, _ = _known(cloud, document, request.query.get("name", ""))
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
        is_there = work["user"] in _read(session)
        if work["verb"] == "DELETE_USER":
            if is_there:
                session.execute(sql.SQL("DROP ROLE {}").format(user))
            return
        if not is_there:
            session.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB CREATEROLE").format(user)
            )
            group = _made(session, work.get("group") or CLIENTS)
            session.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), user))
        set_password(session, work["user"], work["password"])


def _made(session: Session, group: str) -> str:
    """The group that users of a type are in, made with the first of them."""
    from psycopg import sql

    if not session.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [group]).fetchone():
        session.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(group)))
    return group


def _types(cloud: CloudSql, instance: str) -> dict[str, str]:
    """Each user's type, by name."""
    with cloud.instances.held(instance) as cluster, cluster.connect("postgres") as session:
        return _read(session)


def _read(session: Session) -> dict[str, str]:
    types = {group: type_ for type_, group in _GROUPS.items()}
    rows = session.execute(_LOGINS, [list(types)]).fetchall()
    return {str(name): types.get(str(group), BUILT_IN) for name, group in rows}


def _known(cloud: CloudSql, document: Json, user: str) -> tuple[str, str]:
    """Its name and its type."""
    types = _types(cloud, document["name"])
    if user not in types:
        raise refusals.SqlRefusal(404, "userDoesNotExist", f"User {user} does not exist.")
    return user, types[user]


def _view(instance: str, user: str, type_: str) -> Json:
    return {
        "kind": "sql#user",
        "name": user,
        "host": "",
        "instance": instance,
        "project": PROJECT,
        "type": type_,
    }


KINDS = {"sql.users": Kind(act=_act)}
