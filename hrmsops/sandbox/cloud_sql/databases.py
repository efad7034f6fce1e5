"""Databases of an instance, as its own catalogue has them."""

from __future__ import annotations

from hrmsops.postgres.cloud_sql_roles import CLIENTS
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, names, operations, refusals
from hrmsops.sandbox.cloud_sql.cloud import PROJECT, CloudSql, Kind
from hrmsops.sandbox.state import Json

_DATABASES = """
SELECT datname, pg_encoding_to_char(encoding), datcollate FROM pg_database
WHERE NOT datistemplate ORDER BY datname
"""


def list_(cloud: CloudSql, request: Request) -> Json:
    """databases.list."""
    document = instances.running(cloud, request)
    return {
        "kind": "sql#databasesList",
        "items": [_view(document["name"], each) for each in _rows(cloud, document["name"])],
    }


def get(cloud: CloudSql, request: Request) -> Json:
    """databases.get."""
    document = instances.running(cloud, request)
    return _view(document["name"], _known(cloud, document, request.names["database"]))


def insert(cloud: CloudSql, request: Request) -> Json:
    """databases.insert: it belongs to `cloudsqlsuperuser`; charset and collation are the usual."""
    document = instances.running(cloud, request)
    name = str(request.body.get("name", ""))
    if not name:
        raise refusals.invalid("a database needs a name")
    if any(row[0] == name for row in _rows(cloud, document["name"])):
        message = f"Database {name} already exists."
        raise refusals.SqlRefusal(409, "databaseAlreadyExists", message)
    return _begin(cloud, document, request, "CREATE_DATABASE", name)


def delete(cloud: CloudSql, request: Request) -> Json:
    """databases.delete: fails, in its operation, while somebody is connected."""
    document = instances.running(cloud, request)
    row = _known(cloud, document, request.names["database"])
    return _begin(cloud, document, request, "DELETE_DATABASE", row[0])


def _begin(cloud: CloudSql, document: Json, request: Request, type_: str, name: str) -> Json:
    with cloud.state.change():
        operation = operations.begin(
            cloud,
            kind="sql.databases",
            type_=type_,
            target=document["name"],
            account=request.account,
            verb=type_,
            database=name,
        )
    return operations.go(cloud, operation)


def _act(cloud: CloudSql, work: Json) -> None:
    from psycopg import sql

    database = sql.Identifier(work["database"])
    with cloud.instances.held(work["target"]) as cluster, cluster.connect("postgres") as session:
        if work["verb"] == "DELETE_DATABASE":
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
        elif work["database"] not in {row[0] for row in session.execute(_DATABASES)}:
            owner = sql.Identifier(CLIENTS)
            session.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))


def _rows(cloud: CloudSql, instance: str) -> list[tuple[str, str, str]]:
    with cloud.instances.held(instance) as cluster, cluster.connect("postgres") as session:
        found = session.execute(_DATABASES).fetchall()
    return [(str(name), str(charset), str(collation)) for name, charset, collation in found]


def _known(cloud: CloudSql, document: Json, database: str) -> tuple[str, str, str]:
    for row in _rows(cloud, document["name"]):
        if row[0] == database:
            return row
    message = f"Database {database} does not exist."
    raise refusals.SqlRefusal(404, "databaseDoesNotExist", message)


def _view(instance: str, row: tuple[str, str, str]) -> Json:
    name, charset, collation = row
    return {
        "kind": "sql#database",
        "name": name,
        "charset": charset,
        "collation": collation,
        "instance": instance,
        "project": PROJECT,
        "selfLink": names.link("instances", instance, "databases", name),
    }


KINDS = {"sql.databases": Kind(act=_act)}
