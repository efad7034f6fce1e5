"""Which values can work: Google's rules for names, and what an endpoint may look like."""

from __future__ import annotations

import re

PROJECT = re.compile(r"(?:[a-z][a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}")
SERVICE = re.compile(r"[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?")
INSTANCE = re.compile(r"[a-z](?:[a-z0-9-]{0,93}[a-z0-9])?")
ENVIRONMENT = re.compile(r"[a-z](?:[a-z0-9_-]{0,38}[a-z0-9])?")
ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_@.-]{0,62}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](?:/[A-Za-z0-9._=-]+)*/?")
SECRET = re.compile(
    r"(?:projects/[^/\s]+/secrets/)?[A-Za-z0-9_-]{1,255}(?:/versions/(?:latest|[1-9]\d*))?"
)
HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?")


def project(value: str) -> str | None:
    """Project ids: 6 to 30 characters (Resource Manager, `projects.create`)."""
    rule = "a project id has 6 to 30 lower-case letters, digits and hyphens, a letter first"
    return _unless(PROJECT, value, rule)


def region(value: str) -> str | None:
    """Regions look alike; which of them exist is Google's to say."""
    return _unless(REGION, value, "a region looks like us-central1")


def service(value: str) -> str | None:
    """Names of services, jobs and worker pools (Cloud Run, `services.create`: `serviceId`)."""
    rule = "the name has at most 49 lower-case letters, digits and hyphens, a letter first"
    return _unless(SERVICE, value, rule)


def instance(value: str) -> str | None:
    """Instance names (Cloud SQL, `instances.insert`: `name`)."""
    rule = "an instance's name has lower-case letters, digits and hyphens, a letter first"
    return _unless(INSTANCE, value, rule) if value else None


def environment(value: str) -> str | None:
    """Our own: it stands in flags, file names and labels."""
    rule = "an environment's name has at most 40 lower-case letters, digits, - and _"
    return _unless(ENVIRONMENT, value, rule)


def role(value: str) -> str | None:
    """PostgreSQL identifiers of 63 bytes, with what IAM logins need."""
    return _unless(ROLE, value, "a role or database has at most 63 letters, digits, _, @, . and -")


def variable(value: str) -> str | None:
    """The name of an environment variable, so that nobody writes the password itself here."""
    return _unless(VARIABLE, value, "it names an environment variable") if value else None


def secret_version(value: str) -> str | None:
    """A secret by its name, in full or without its project, with or without a version."""
    rule = "it is a secret's NAME, or projects/PROJECT/secrets/NAME/versions/latest"
    return _unless(SECRET, value, rule) if value else None


def store(value: str) -> str | None:
    """Where journal and lease live."""
    if value == "local":
        return None
    return _unless(BUCKET, value, "a store is local or gs://bucket/prefix")


def host(value: str) -> str | None:
    """A Host header, without a scheme or a path."""
    return _unless(HOST, value, "it is a host name such as hrms.nhia.example") if value else None


def path(value: str) -> str | None:
    """A path that is asked for at the service's URL."""
    if value.startswith("/") and value.isprintable() and " " not in value:
        return None
    return f'"{value}" begins with something else than a slash, or has a space in it.'


def statement(value: str) -> str | None:
    """One SQL query."""
    return None if value.strip() else "The query is empty."


def endpoint(value: str) -> str | None:
    """`https://…`, or `http://` on this machine: a bearer token goes with each call."""
    return _url(value, "an endpoint", plain_on_loopback=True) if value else None


def webhook(value: str) -> str | None:
    """`https://…`; the address itself is a secret and is not repeated."""
    return _url(value, "a webhook", plain_on_loopback=True)


def _url(value: str, what: str, *, plain_on_loopback: bool) -> str | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return f"It is not a URL: {what} looks like https://run.googleapis.com."
    if not host or parts.scheme not in ("http", "https"):
        return f"It is not a web address: {what} looks like https://run.googleapis.com."
    if parts.username or parts.password:
        return f"A password has no place in {what}."
    if parts.scheme == "http" and not (plain_on_loopback and _is_loopback(host)):
        return f"It is plain http to another machine: {what} takes https:// there."
    return None


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(?:\.\d{1,3}){3}", host))


def _unless(pattern: re.Pattern[str], value: str, rule: str) -> str | None:
    return None if pattern.fullmatch(value) else f'"{value}" does not fit: {rule}.'
