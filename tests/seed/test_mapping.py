"""Which model takes which table: found by name, said in the configuration, or refused."""

from __future__ import annotations

import uuid

import pytest

from hrmsops.config import Config
from hrmsops.config.seed_settings import Administrator, Seed, SeedTable
from hrmsops.django.describing import Describer
from hrmsops.errors.seed import AdministratorPasswordRefused, SeedSettingUnknown
from hrmsops.errors.seed_mapping import SeedModelUnfit, SeedTableUnmapped, SeedValuesUnfit
from hrmsops.errors.seed_writing import SeedRefused
from hrmsops.seed.catalogue import chosen
from hrmsops.seed.mapped import Mapped
from hrmsops.seed.material import material
from tests.postgres.conftest import Server, run
from tests.seed.conftest import Hrms, Place, manage
from tests.seed.odd import odd_project

pytestmark = pytest.mark.xdist_group("seed")

ROLES = {"roles": SeedTable(values={"weight": "7"})}


@pytest.fixture(scope="module")
def odd(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Hrms:
    project = odd_project(tmp_path_factory.mktemp("odd") / "project")
    template = server.database()
    run(server.target(template), "CREATE SCHEMA hr")
    manage(project.root, server.target(template), "migrate", "--run-syncdb", "--verbosity", "0")
    with Describer(project) as describer:
        return Hrms(project=project, models=describer.models(), template=template)


def mapped(odd: Hrms, *only: str, seed: Seed | None = None, kind: str = "production") -> Mapped:
    """How the last table of a fixture goes into the project."""
    config = Config(seed=seed or Seed())
    found = material(config, odd.models, chosen(only, kind=kind))
    return found.mapped[found.due[-1]]


def columns(of: Mapped) -> dict[str, str]:
    return {each.field: each.column for each in of.columns}


def test_the_miniature_needs_no_word_of_configuration(hrms: Hrms) -> None:
    for kind in ("production", "staging", "sandbox"):
        found = material(Config(), hrms.models, chosen((), kind=kind))
        assert set(found.due) <= set(found.mapped)
    grants = mapped(hrms, "payroll_roles")
    assert (grants.model, grants.key) == ("reference.Role_permissions", ("role", "permission"))
    branches = mapped(hrms, "bank_sort_codes")
    assert branches.named("bank").parent is not None
    components = mapped(hrms, "pay_components")
    assert components.named("kind").words["earning"] == "EARNING"


def test_names_that_mean_the_same_are_found(odd: Hrms) -> None:
    assert columns(mapped(odd, "roles", seed=Seed(tables=ROLES))) == {
        "code": "slug",
        "name": "Role's Title",
    }
    bands = mapped(odd, "tax_brackets")
    assert bands.model == "rewards.TaxBand"
    assert bands.key == ("effective_from", "order")
    assert columns(bands)["rate_percent"] == "rate_pct"
    assert "monthly_from" in bands.left_out
    user = mapped(odd, "test_administrator", kind="staging")
    assert columns(user) == {"username": "login", "is_active": "is_active"}
    assert user.needs_password


@pytest.mark.parametrize(
    ("only", "seed", "why", "fix"),
    [
        ("tax_reliefs", Seed(), "no model is called TaxRelief", "skip = ["),
        ("leave_types", Seed(), "people.LeaveType and rewards.LeaveType are both", "model ="),
        (
            "leave_types",
            Seed(tables={"leave_types": SeedTable(model="reward.LeaveType")}),
            "there is no model reward.LeaveType, only rewards.LeaveType",
            "[seed.tables.leave_types]",
        ),
    ],
)
def test_a_table_without_its_one_model_is_refused_with_the_line_to_write(
    odd: Hrms, only: str, seed: Seed, why: str, fix: str
) -> None:
    with pytest.raises(SeedTableUnmapped) as caught:
        mapped(odd, only, seed=seed)

    assert why in caught.value.why
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("only", "seed", "why", "fix"),
    [
        ("roles", Seed(), "weight must have a value and has no default", 'values = { weight = "…'),
        (
            "bank_sort_codes",
            Seed(skip=("bank_branches",)),
            "in the table of another model",
            "[seed.tables.banks]",
        ),
        (
            "roles",
            Seed(tables={"roles": SeedTable(fields={"name": "titel"})}),
            "the model has no titel, only slug, title, weight",
            "fields =",
        ),
        (
            "roles",
            Seed(tables={"roles": SeedTable(fields={"nam": "title"})}),
            "the data have no nam, only code, name",
            "fields =",
        ),
        (
            "roles",
            Seed(tables={"roles": SeedTable(fields={"code": ""}, values={"slug": "x"})}),
            "nothing of it takes code, by which a row is known",
            'fields = { code = "…" }',
        ),
    ],
)
def test_a_model_that_cannot_take_the_rows_is_refused_with_the_line_to_write(
    odd: Hrms, only: str, seed: Seed, why: str, fix: str
) -> None:
    with pytest.raises(SeedModelUnfit) as caught:
        mapped(odd, only, seed=seed)

    assert why in caught.value.why
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("only", "why"),
    [
        ("job_grades", "job_grades.code is longer than the 2 characters of people.JobGrade.code"),
        ("pay_components", 'kind is "earning", and rewards.PayComponent.kind takes E, D'),
        ("ssnit_rates", "remitted_percent is 13.5, and rewards.SsnitRate.remitted_percent keeps 0"),
    ],
)
def test_a_value_that_would_be_cut_or_rounded_is_refused(odd: Hrms, only: str, why: str) -> None:
    with pytest.raises(SeedValuesUnfit) as caught:
        mapped(odd, only)

    assert why in caught.value.why


def test_the_configuration_may_call_a_value_by_another_name(odd: Hrms) -> None:
    words = {"kind": {"earning": "E", "deduction": "D", "employer": "D"}}
    seed = Seed(tables={"pay_components": SeedTable(choices=words)})

    assert mapped(odd, "pay_components", seed=seed).named("kind").words == words["kind"]


def test_a_table_that_is_left_out_asks_for_no_model(odd: Hrms) -> None:
    goes = ("roles", "permissions", "tax_brackets", "payroll_roles")
    skip = tuple(e.table for e in chosen((), kind="production") if e.table not in goes)

    found = material(
        Config(seed=Seed(skip=skip, tables=ROLES)), odd.models, chosen((), kind="production")
    )

    assert found.due == goes


def test_a_table_that_there_is_not_has_no_settings(odd: Hrms) -> None:
    with pytest.raises(SeedSettingUnknown) as caught:
        mapped(odd, "roles", seed=Seed(skip=("grievance_category",)))

    assert "grievance_categories" in caught.value.why


def test_keys_defaults_and_foreign_keys_of_every_kind_are_written(
    odd: Hrms, server: Server
) -> None:
    target = server.target(server.database(like=odd.template))
    place = Place(hrms=odd, target=target, seed=Seed(tables=ROLES))
    fixtures = ("roles", "permissions", "payroll_roles", "tax_brackets")

    place.write(*fixtures, kind="production")

    assert place.ask("SELECT \"Role's Title\", weight FROM people_role WHERE slug = 'auditor'") == [
        ("Internal auditor (read only)", 7)
    ]
    rows = place.ask(
        "SELECT id, token, tags, note, made_at IS NOT NULL, changed_at IS NOT NULL"
        " FROM people_permission"
    )
    assert {type(row[0]) for row in rows} == {uuid.UUID}
    assert len({row[1] for row in rows}) == 20
    assert {tuple(map(str, row[2:])) for row in rows} == {("[]", "", "True", "True")}
    assert place.ask(
        "SELECT g.role_id, p.codename FROM people_rolepermission g JOIN people_permission p"
        " ON p.id = g.perm WHERE g.role_id = 'payroll_officer' ORDER BY 2"
    ) == [("payroll_officer", "payroll.prepare"), ("payroll_officer", "payroll.view")]
    again = place.look(*fixtures, kind="production")
    assert {state for each in again.counts.values() for state in each} == {"same"}


def test_a_model_may_be_in_another_schema_as_django_lets_it(odd: Hrms, server: Server) -> None:
    target = server.target(server.database(like=odd.template))
    place = Place(hrms=odd, target=target)
    fixtures = ("job_categories", "grievance_categories")

    assert place.look(*fixtures).differences[0].relation == "hr.Job Category"
    place.write(*fixtures)

    place.run("DELETE FROM hr.\"Job Category\" WHERE code = 'EXEC'")
    assert place.ask('SELECT count(*) FROM hr."grievance.category"') == [(10,)]
    assert place.write(*fixtures, overwrite=True).counts == {
        "job_categories": {"same": 7, "removed": 1},
        "grievance_categories": {"same": 10},
    }
    place.run("ALTER TABLE hr.\"Job Category\" ADD CHECK (code <> 'EXEC') NOT VALID")
    place.run("DELETE FROM hr.\"Job Category\" WHERE code = 'EXEC'")
    with pytest.raises(SeedRefused) as caught:
        place.write(*fixtures, overwrite=True)
    assert "job_categories" in caught.value.what


def test_the_administrator_may_be_called_otherwise(odd: Hrms, server: Server) -> None:
    target = server.target(server.database(like=odd.template))
    seed = Seed(administrator=Administrator(username="ama"))
    place = Place(hrms=odd, target=target, seed=seed)

    place.write("test_administrator", kind="staging")

    assert place.ask("SELECT login, is_active FROM people_account") == [("ama", True)]


def test_a_password_is_hashed_as_django_does_unless_its_own_rules_refuse_it(odd: Hrms) -> None:
    with Describer(odd.project) as describer:
        assert describer.hashed("correct horse battery").startswith("pbkdf2_sha256$")
    with Describer(odd.project) as describer, pytest.raises(AdministratorPasswordRefused) as caught:
        describer.hashed("31415926535")
    assert "12 characters" in caught.value.why
    assert "entirely numeric" in caught.value.why
    assert "314159" not in str(caught.value.args) + caught.value.why
