"""A template names its database in many ways; each is found, and each is led elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.gcp.bindings import (
    Binding,
    Place,
    binding_of,
    passwords_of,
    rebound,
    secret_bindings,
    with_image,
)
from hrmsops.steps.cloud_run.rebinding import is_hidden

OLD = Place(connection="nhia-hrms:us-central1:pg-0001", hosts=("10.12.0.3",))
NEW = Place(connection="nhia-hrms:us-central1:pg-0001-261123-104512-7f3a", hosts=("10.12.0.9",))


def template(*containers: dict[str, Any], mounted: str = "") -> dict[str, Any]:
    volumes = [{"name": "cloudsql", "cloudSqlInstance": {"instances": [mounted]}}]
    return {"containers": list(containers), **({"volumes": volumes} if mounted else {})}


def container(*args: str, **env: str) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    return {"image": "api:1", "env": variables, "args": list(args)}


WAYS = {
    "volume": template(container(DB_NAME="hrms"), mounted=OLD.connection),
    "variable": template(container(DB_HOST=f"/cloudsql/{OLD.connection}")),
    "connection": template(container(INSTANCE_CONNECTION_NAME=OLD.connection)),
    "url": template(
        container(DATABASE_URL=f"postgres://a:b@/hrms?host=/cloudsql/{OLD.connection}")
    ),
    "quoted": template(
        container(
            DATABASE_URL="postgres://a:b@%2Fcloudsql%2Fnhia-hrms%3Aus-central1%3Apg-0001/hrms"
        )
    ),
    "proxy": template(container(DB_HOST="127.0.0.1"), container("--port=5432", OLD.connection)),
    "proxy v1": template(
        container(DB_HOST="127.0.0.1"), container(f"-instances={OLD.connection}=tcp:5432")
    ),
    "address": template(container(DB_HOST="10.12.0.3")),
    "address and port": template(container(DB_HOST="10.12.0.3", DB_PORT="5432")),
    "url address": template(container(DATABASE_URL="postgresql://a:b@10.12.0.3:5432/hrms")),
    "url no port": template(container(DATABASE_URL="postgresql+psycopg://a:b@10.12.0.3/hrms")),
    "pghost": template(container(PGHOST="10.12.0.3")),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_database_is_found_in_whatever_way_it_is_named(way: str) -> None:
    found = binding_of(WAYS[way])
    assert found.is_at(OLD)
    assert not found.is_at(NEW)


@pytest.mark.parametrize("way", WAYS)
def test_a_rebound_template_names_the_new_database_alone(way: str) -> None:
    made = rebound(WAYS[way], old=OLD, new=NEW)

    assert binding_of(made).is_at(NEW)
    assert not binding_of(made).is_at(OLD)
    assert rebound(made, old=NEW, new=OLD) == WAYS[way]


@pytest.mark.parametrize("way", WAYS)
def test_rebinding_leaves_the_given_template_alone(way: str) -> None:
    before = repr(WAYS[way])
    rebound(WAYS[way], old=OLD, new=NEW)
    assert repr(WAYS[way]) == before


def test_a_longer_name_that_begins_alike_is_another_instance() -> None:
    other = template(
        container(DB_HOST=f"/cloudsql/{NEW.connection}", REPORTS="10.12.0.31 10.12.0.3.7"),
        mounted=NEW.connection,
    )
    assert rebound(other, old=OLD, new=NEW) == other


def test_a_second_database_stays_where_it_is() -> None:
    reports = "nhia-hrms:us-central1:reports-0001"
    both = template(container(REPORTS_DB_HOST=f"/cloudsql/{reports}"), mounted=OLD.connection)
    both["volumes"][0]["cloudSqlInstance"]["instances"].append(reports)

    made = rebound(both, old=OLD, new=NEW)

    assert made["volumes"][0]["cloudSqlInstance"]["instances"] == [NEW.connection, reports]
    assert made["containers"] == both["containers"]


def test_a_host_moves_together_with_the_port_beside_it() -> None:
    here = Place(connection="p:r:a", hosts=("127.0.0.1",), port="5501")
    there = Place(connection="p:r:b", hosts=("127.0.0.1",), port="5502")
    made = rebound(
        template(container(DB_HOST="127.0.0.1", DB_PORT="5501", REDIS_PORT="5501")),
        old=here,
        new=there,
    )
    assert binding_of(made) == Binding(address="127.0.0.1:5502")
    assert {"name": "REDIS_PORT", "value": "5501"} in made["containers"][0]["env"]


def test_loopback_on_another_port_is_a_proxy_and_stays() -> None:
    here = Place(connection="p:r:a", hosts=("127.0.0.1",), port="5501")
    there = Place(connection="p:r:b", hosts=("127.0.0.1",), port="5502")
    proxied = template(container(DB_HOST="127.0.0.1", DB_PORT="5432", CACHE="127.0.0.1:6379"))
    assert rebound(proxied, old=here, new=there) == proxied


def test_a_template_without_a_database_has_no_binding() -> None:
    assert binding_of(template(container(GREETING="hello", SMTP_HOST="10.12.0.3"))) == Binding()


def test_an_address_in_a_secret_is_told_and_a_password_there_is_not() -> None:
    def secret(name: str, version: str) -> dict[str, Any]:
        reference = {"secret": name.lower(), "version": version}
        return {"name": name, "valueSource": {"secretKeyRef": reference}}

    env = [
        secret("DATABASE_URL", "latest"),
        secret("DB_HOST", "3"),
        secret("DB_PASSWORD", "latest"),
    ]
    hidden = template({"image": "api:1", "env": env})
    found = secret_bindings(hidden)
    assert is_hidden(hidden)
    named = {"name": "PGHOST", "value": "10.1.2.3"}
    assert not is_hidden(template({"image": "api:1", "env": [*env, named]}))

    assert [(each.variable, each.is_pinned) for each in found] == [
        ("DATABASE_URL", False),
        ("DB_HOST", True),
    ]


def test_the_roles_and_their_passwords_are_read_where_they_are_written() -> None:
    assert passwords_of(template(container(DB_USER="hrms_app", DB_PASSWORD="p@ss"))) == {
        "hrms_app": "p@ss"
    }
    assert passwords_of(template(container(DATABASE_URL="postgres://hrms%5Fapp:p%40ss@/hrms"))) == {
        "hrms_app": "p@ss"
    }
    assert passwords_of(template(container(PGUSER="a", PGPASSWORD="b"))) == {"a": "b"}
    assert passwords_of(template(container(SMTP_USER="mail", SMTP_PASSWORD="b"))) == {}


def test_images_are_put_in_by_digest_in_their_order() -> None:
    made = with_image(template(container(), container()), ["api@sha256:1", ""])
    assert [each["image"] for each in made["containers"]] == ["api@sha256:1", "api:1"]
