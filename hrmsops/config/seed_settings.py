"""The settings of `seed`: which model takes which table of the reference data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from hrmsops.config import rules
from hrmsops.config.section import Section
from hrmsops.config.setting import setting

TableName = Annotated[str, setting("a table of the seed.", sample="grievance_categories")]
FieldName = Annotated[str, setting("a field.", sample="rate")]


class SeedTable(Section, frozen=True, kw_only=True):
    """The project's model for one table of the reference data, where it cannot be told by name."""

    model: Annotated[
        str,
        setting("the model, as app.Model; empty finds it by its name.", sample="payroll.TaxBand"),
    ] = ""
    key: Annotated[
        tuple[FieldName, ...],
        setting("the fields of the data that name a row; empty is what `seed --list` shows."),
    ] = ()
    fields: Annotated[
        dict[str, str],
        setting('the model\'s field by that of the data; "" leaves it out.'),
    ] = {}
    values: Annotated[
        dict[str, str],
        setting("what the model's other fields get, as PostgreSQL reads it."),
    ] = {}
    choices: Annotated[
        dict[str, dict[str, str]],
        setting("by field of the data: what the model calls a value of it."),
    ] = {}


class Administrator(Section, frozen=True, kw_only=True):
    """The test administrator, who is made on staging alone."""

    username: Annotated[str, setting("its name.")] = "test-admin"
    email: Annotated[str, setting("its address, where the model has one.")] = (
        "test-admin@hrms.invalid"
    )
    password_env: Annotated[
        str,
        setting("the variable that holds its password.", rule=rules.variable),
    ] = "HRMSOPS_TEST_ADMIN_PASSWORD"  # noqa: S105 - a variable's name.
    password_secret: Annotated[
        str,
        setting(
            "the secret in Secret Manager that holds it, where the variable is not set.",
            sample="projects/nhia-hrms/secrets/test-admin/versions/latest",
            rule=rules.secret_version,
        ),
    ] = ""


class Seed(Section, frozen=True, kw_only=True):
    """Where the reference data come from, and where they go."""

    data: Annotated[
        str,
        setting(
            "a folder whose NAME.toml files stand in for those of hrmsops; empty is none.",
            sample="seed",
        ),
    ] = ""
    skip: Annotated[
        tuple[TableName, ...], setting("tables that the project has no model for.")
    ] = ()
    administrator: Administrator = Administrator()
    tables: Annotated[
        dict[str, SeedTable], setting("how a table fits the project, where names do not tell.")
    ] = {}

    @classmethod
    def clash(cls, tables: Mapping[str, Any]) -> tuple[str, str] | None:
        """A table that is left out needs no model."""
        both = sorted(set(tables.get("skip", ())) & tables.get("tables", {}).keys())
        return ("skip", f"{both[0]} has a section in [seed.tables] too.") if both else None
