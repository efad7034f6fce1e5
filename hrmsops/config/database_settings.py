"""The settings of one environment's database: who logs in, with what, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from hrmsops.config import rules
from hrmsops.config.section import Section
from hrmsops.config.setting import setting

RoleName = Annotated[str, setting("a role.", sample="hrms_app", rule=rules.role)]
Variable = Annotated[str, setting("a variable.", sample="HRMS_APP_PASSWORD", rule=rules.variable)]
Secret = Annotated[
    str, setting("a secret.", sample="projects/nhia-hrms/secrets/app", rule=rules.secret_version)
]


class Database(Section, frozen=True, kw_only=True):
    """How hrmsops reaches the environment's database."""

    name: Annotated[str, setting("the database.", sample="hrms", rule=rules.role)]
    user: Annotated[str, setting("the role to log in as.", sample="hrms_ops", rule=rules.role)]
    password_env: Annotated[
        str,
        setting(
            "the variable that holds the password.",
            sample="HRMSOPS_PASSWORD",
            rule=rules.variable,
        ),
    ] = ""
    password_secret: Annotated[
        str,
        setting(
            "the secret in Secret Manager that holds it, where the variable is not set.",
            sample="projects/nhia-hrms/secrets/hrms-ops",
            rule=rules.secret_version,
        ),
    ] = ""
    iam: Annotated[
        bool,
        setting("true: user is an IAM login; an access token is its password."),
    ] = False
    admin_user: Annotated[
        str,
        setting(
            "the role that may close the app_roles at a cutover; empty is user.",
            sample="postgres",
        ),
    ] = ""
    admin_password_env: Annotated[
        str,
        setting(
            "the variable that holds the admin_user's password.",
            sample="HRMSOPS_ADMIN_PASSWORD",
            rule=rules.variable,
        ),
    ] = ""
    admin_password_secret: Annotated[
        str,
        setting(
            "the secret that holds it, where the variable is not set.",
            sample="projects/nhia-hrms/secrets/hrms-postgres",
            rule=rules.secret_version,
        ),
    ] = ""
    admin_iam: Annotated[
        bool,
        setting("true: admin_user is an IAM login."),
    ] = False
    owner_role: Annotated[
        str,
        setting("SET ROLE after connecting: what is created belongs to it.", sample="hrms_app"),
    ] = ""
    app_roles: Annotated[
        tuple[RoleName, ...],
        setting("the application's roles, fenced at a cutover.", sample=["hrms_app"]),
    ] = ()
    app_password_envs: Annotated[
        dict[str, Variable],
        setting(
            "variables by app role that hold its password, to prove the fence; "
            "needed where the revision has it from a secret."
        ),
    ] = {}
    app_password_secrets: Annotated[
        dict[str, Secret],
        setting("secrets by app role that hold its password, where no variable is set."),
    ] = {}
    via: Annotated[
        Literal["auto", "direct", "relay", "connector", "proxy"],
        setting("the way to it; auto takes a relay where there is no public address."),
    ] = "auto"
    ip_type: Annotated[
        Literal["auto", "public", "private", "psc"],
        setting("the address that connector and proxy use; auto is the first that there is."),
    ] = "auto"
    proxy_binary: Annotated[
        str,
        setting(
            "the Auth Proxy that proxy starts; empty looks on PATH.",
            sample="/usr/local/bin/cloud-sql-proxy",
        ),
    ] = ""
    relay_image: Annotated[
        str,
        setting(
            "the image with Python that a relay runs; empty takes the serving revision's.",
            sample="python:3.12-slim",
        ),
    ] = ""

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """An IAM login has no password: whoever names one as well means something else."""
        for prefix in ("", "admin_"):
            for setting_ in (f"{prefix}password_env", f"{prefix}password_secret"):
                if tables.get(f"{prefix}iam") and tables.get(setting_):
                    return setting_, f"With {prefix}iam an access token is the password."
        return None
