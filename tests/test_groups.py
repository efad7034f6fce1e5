"""Tests that share a sandbox or a cluster share a worker: else each worker makes its own."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("of-one-worker")
def test_the_group_of_a_test_is_known_to_whoever_hands_out_the_tests(
    request: pytest.FixtureRequest,
) -> None:
    is_handed_out = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@of-one-worker") is is_handed_out
