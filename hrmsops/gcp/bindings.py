"""Which database a template reaches, and the same template with another one in its place.

A template is Cloud Run's own JSON (Admin API v2): of a revision, of a job's task, of a worker pool.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

Json = dict[str, Any]

PORT = "5432"
_CONNECTION = re.compile(
    r"(?<![\w.:-])(?:[a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]:[a-z]+-[a-z]+\d+:[a-z][a-z0-9-]*"
)
_URL = re.compile(
    r"\bpostgres(?:ql)?(?:\+\w+)?://(?:(?P<user>[^:@/\s]*)(?::(?P<password>[^@/\s]*))?@)?"
    r"(?P<host>[^:/?\s]*)(?::(?P<port>\d+))?"
)
_OF_A_DATABASE = re.compile(
    r"(^|_)(PG|DB|DATABASE|POSTGRES|POSTGRESQL|SQL)(_|HOST|USER|PASSWORD|$)"
)
_HOST = re.compile(r"(HOST|HOSTADDR|ADDRESS)$")
_ADDRESSES = re.compile(r"HOST|ADDRESS|URL$|URI$|DSN$|INSTANCE|CONNECTION")


@dataclass(frozen=True, kw_only=True)
class Place:
    """An instance in the words that a template can name it by."""

    connection: str
    """PROJECT:REGION:INSTANCE."""
    hosts: tuple[str, ...] = ()
    port: str = PORT


@dataclass(frozen=True, kw_only=True)
class Binding:
    """How one template reaches its database; all empty where it names none."""

    connection: str = ""
    """PROJECT:REGION:INSTANCE, by a volume, a variable or a proxy's argument."""
    address: str = ""
    """`HOST:PORT`, where that is all it says."""

    def is_at(self, place: Place) -> bool:
        """Whether this is that instance."""
        if self.connection:
            return self.connection == place.connection
        return bool(self.address) and self.address in _addresses(place)


@dataclass(frozen=True, kw_only=True)
class SecretBinding:
    """A variable that may say where the database is, and whose value is in Secret Manager."""

    variable: str
    secret: str
    version: str

    @property
    def is_pinned(self) -> bool:
        return self.version not in ("", "latest")


def binding_of(template: Json) -> Binding:
    """The first database that a template names: by its volume, by its words, by an address."""
    return next(iter(bindings_of(template)), Binding())


def bindings_of(template: Json) -> tuple[Binding, ...]:
    """Every database that a template names; addresses only where no instance is named."""
    connections = dict.fromkeys((*_mounted(template), *_named(template)))
    if connections:
        return tuple(Binding(connection=each) for each in connections)
    found = []
    for variables in map(_variables, _containers(template)):
        for name, value in variables.items():
            if (url := _URL.search(value)) and url["host"]:
                found.append(Binding(address=f"{unquote(url['host'])}:{url['port'] or PORT}"))
            elif _is_host(name):
                port = variables.get(_port_beside(name)) or variables.get("PGPORT") or PORT
                found.append(Binding(address=f"{value}:{port}"))
    return tuple(dict.fromkeys(found))


def rebound(template: Json, *, old: Place, new: Place) -> Json:
    """`template` with `new` wherever it says `old`; everything else as it is.

    The result may still name `old` where a secret does: see `secret_bindings`.
    """
    made = copy.deepcopy(template)
    for volume in made.get("volumes", ()):
        mounted = volume.get("cloudSqlInstance", {})
        if old.connection in mounted.get("instances", ()):
            mounted["instances"] = [
                new.connection if each == old.connection else each for each in mounted["instances"]
            ]
    retext = _retext(old, new)
    for container in _containers(made):
        variables = _variables(container)
        for each in container.get("env", ()):
            if "value" in each:
                each["value"] = _moved(each["name"], each["value"], variables, old, new, retext)
        for words in ("command", "args"):
            if words in container:
                container[words] = [retext(word) for word in container[words]]
    return made


def secret_bindings(template: Json) -> tuple[SecretBinding, ...]:
    """Variables of a database's whereabouts whose values cannot be seen or changed here."""
    found = []
    for container in _containers(template):
        for each in container.get("env", ()):
            reference = each.get("valueSource", {}).get("secretKeyRef")
            name = each["name"]
            if reference and _OF_A_DATABASE.search(name) and _ADDRESSES.search(name):
                found.append(
                    SecretBinding(
                        variable=name,
                        secret=str(reference.get("secret", "")),
                        version=str(reference.get("version", "")),
                    )
                )
    return tuple(found)


def passwords_of(template: Json) -> dict[str, str]:
    """The password of each database role that a template logs in as, where it is written there."""
    found: dict[str, str] = {}
    for variables in map(_variables, _containers(template)):
        for name, value in variables.items():
            if url := _URL.search(value):
                if url["user"] and url["password"]:
                    found[unquote(url["user"])] = unquote(url["password"])
            elif _OF_A_DATABASE.search(name) and "USER" in name:
                password = variables.get(
                    name.replace("USERNAME", "USER").replace("USER", "PASSWORD")
                )
                if password:
                    found[value] = password
    return found


def with_image(template: Json, images: Sequence[str]) -> Json:
    """The same containers with these images, in their order; "" leaves one as it is."""
    made = copy.deepcopy(template)
    for container, image in zip(made.get("containers", ()), images, strict=False):
        if image:
            container["image"] = image
    return made


def _containers(template: Json) -> list[Json]:
    found: list[Json] = template.get("containers", [])
    return found


def _variables(container: Json) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("env", ()) if each.get("value")}


def _mounted(template: Json) -> Iterator[str]:
    for volume in template.get("volumes", ()):
        yield from volume.get("cloudSqlInstance", {}).get("instances", ())


def _named(template: Json) -> Iterator[str]:
    """Connection names in variables and arguments, URL-quoted or not."""
    for container in _containers(template):
        texts = [*_variables(container).values()]
        texts += [word for words in ("command", "args") for word in container.get(words, ())]
        for text in texts:
            yield from _CONNECTION.findall(unquote(text))


def _is_host(name: str) -> bool:
    return bool(_OF_A_DATABASE.search(name) and _HOST.search(name))


def _port_beside(host_variable: str) -> str:
    return _HOST.sub("PORT", host_variable)


def _addresses(place: Place) -> set[str]:
    return {f"{host}:{place.port}" for host in place.hosts}


def _moved(
    name: str,
    value: str,
    variables: dict[str, str],
    old: Place,
    new: Place,
    retext: Callable[[str], str],
) -> str:
    """A variable's value at the new place; a host and the port beside it move together."""
    if not new.hosts:
        return retext(value)
    hosts = [each for each in variables if _is_host(each) and variables[each] in old.hosts]
    for host in hosts:
        beside = next((p for p in (_port_beside(host), "PGPORT") if p in variables), "")
        if variables.get(beside, PORT) != old.port:
            continue  # Another server on that address, such as a proxy's on loopback.
        if name == host:
            return new.hosts[0]
        if name == beside:
            return new.port
    return retext(value)


def _retext(old: Place, new: Place) -> Callable[[str], str]:
    """Replaces whole names: pg-0001 is the beginning of pg-0001-recovery, and not that."""
    pairs = [
        (old.connection, new.connection),
        (quote(old.connection, safe=""), quote(new.connection, safe="")),
    ]
    if new.hosts:
        pairs += [(f"{host}:{old.port}", f"{new.hosts[0]}:{new.port}") for host in old.hosts]
        # Without its port only what is no other machine's loopback, where a proxy listens.
        pairs += [(host, new.hosts[0]) for host in old.hosts if not _is_loopback(host)]
    patterns = [
        (
            re.compile(rf"(?:(?<![\w.:-])|(?<=%[0-9A-F]{{2}})){re.escape(was)}(?![\w-]|\.\d)"),
            becomes,
        )
        for was, becomes in pairs
        if was
    ]

    def retext(text: str) -> str:
        for pattern, becomes in patterns:
            text = pattern.sub(lambda _found, to=becomes: to, text)  # type: ignore[misc]
        return text

    return retext


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
