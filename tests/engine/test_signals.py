"""Ctrl-C and SIGTERM while what an earlier one began is tidied up."""

from __future__ import annotations

import os
import signal

import pytest

from hrmsops.engine.signals import Interruption, raised_as_interruption, raised_once


def test_what_a_signal_began_to_tidy_up_is_not_torn_by_the_next() -> None:
    tidied = []

    def tidy() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            tidied.append("all of it")

    with raised_as_interruption(), raised_once(), pytest.raises(Interruption) as caught:
        tidy()

    assert caught.value.signum == signal.SIGTERM
    assert tidied == ["all of it"]


def test_a_signal_counts_again_once_the_one_before_was_caught() -> None:
    caught = []

    with raised_as_interruption(), raised_once():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            try:
                os.kill(os.getpid(), number)
            except Interruption as arrived:
                caught.append(arrived.signum)

    assert caught == [signal.SIGINT, signal.SIGTERM, signal.SIGINT]
