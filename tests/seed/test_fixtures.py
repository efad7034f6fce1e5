"""The data as Django's own fixtures: what `loaddata` makes of them is what a seed would have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hrmsops.config import Config
from hrmsops.django.describing import Describer
from hrmsops.errors.seed import FixturesNotWritable
from hrmsops.seed.catalogue import chosen
from hrmsops.seed.django_fixtures import write
from hrmsops.seed.material import material
from tests.seed.conftest import Place, manage
from tests.seed.test_data import COUNTS

pytestmark = pytest.mark.xdist_group("seed")


def written(place: Place, folder: Path, kind: str) -> list[str]:
    with Describer(place.hrms.project) as describer:
        found = material(Config(), place.hrms.models, chosen((), kind=kind))
        now = datetime.now(UTC)
        return [str(e) for e in write(folder, found, place.hrms.models, describer, now=now)]


def test_loaddata_takes_the_fixtures_and_a_seed_finds_nothing_to_add(
    place: Place, tmp_path: Path
) -> None:
    files = written(place, tmp_path / "fixtures", "production")

    manage(place.hrms.project.root, place.target, "loaddata", "--verbosity", "0", *files)

    counts = {**COUNTS, "payroll_roles": 7}
    assert place.look(kind="production").counts == {t: {"adopt": n} for t, n in counts.items()}
    assert place.ask("SELECT count(*) FROM reference_role WHERE updated_at IS NOT NULL") == [(11,)]


def test_no_password_is_written_into_a_file(place: Place, tmp_path: Path) -> None:
    files = written(place, tmp_path / "fixtures", "staging")

    assert not any("administrator" in each for each in files)
    assert len(files) == len(COUNTS)


def test_a_folder_that_is_a_file_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "fixtures").touch()

    with pytest.raises(FixturesNotWritable):
        written(place, tmp_path / "fixtures", "sandbox")
