"""`status --expect-image`: a deploy that gcloud calls a success is one only if it serves."""

from __future__ import annotations

import pytest

from tests.github.conftest import MakeImage
from tests.rollback.production import LATEST, Production, to

EXPECT = ("status", "-e", "production", "--expect-image")


def test_a_deploy_behind_a_pin_is_told_and_unpin_mends_it(
    production: Production, make_image: MakeImage
) -> None:
    first, _ = production.revisions
    production.set_traffic(to(first))
    production.image = make_image("release")
    digest = production.image.rpartition("@")[2]
    made = production.deploy()
    assert production.shares == {first: 100}

    pinned = production.hrmsops(*EXPECT, digest)

    assert pinned.code == 7
    assert f"Of the requests 0 % go to the image {digest}, not all." in pinned.err
    assert f"{made} has it. The traffic is pinned: 100 % to {first}." in pinned.err
    [fix] = [line for line in pinned.err.splitlines() if line.startswith("Fix:   hrmsops unpin")]
    assert "-e production" in fix
    assert production.hrmsops(*EXPECT, digest, "--json").document["error"]["exit_code"] == 7

    mended = production.hrmsops(
        "unpin", "-e", "production", "--reason", "the deploy is to serve", "--yes"
    )
    assert mended.code == 0, mended.err
    seen = production.hrmsops(*EXPECT, production.image, "--json")
    assert seen.code == 0, seen.err
    assert {each["digest"] for each in seen.document["revisions"] if each["percent"]} == {digest}


def test_an_image_that_no_revision_has_and_one_that_serves_half_are_not_as_expected(
    production: Production, make_image: MakeImage
) -> None:
    absent = production.hrmsops(*EXPECT, f"sha256:{'0' * 64}")
    assert absent.code == 7
    assert "No revision has it" in absent.err

    production.image = make_image("candidate")
    production.set_traffic(LATEST)
    made = production.deploy()
    production.set_traffic(to(made, 50), to(production.revisions[0], 50))
    half = production.hrmsops(*EXPECT, production.image)
    assert half.code == 7
    assert "Of the requests 50 % go" in half.err


@pytest.mark.parametrize("given", ["hrms/api:2024.3", "sha256:12ab", "latest"])
def test_a_tag_proves_nothing(production: Production, given: str) -> None:
    assert production.hrmsops(*EXPECT, given, "--json").document["error"]["code"] == (
        "image-without-digest"
    )
