"""Where the program begins: the words that were typed, and who understands them."""

from __future__ import annotations

import gc
import sys

from hrmsops import ending
from hrmsops.commands.check_words import understood
from hrmsops.console import streams

GARBAGE = (100_000, 50, 50)
"""How seldom to look for garbage: what a command loads is none, and looking took a tenth."""


def main() -> None:
    """Run what was typed, and exit with the code that stands for its end."""
    streams.keep_open()
    gc.set_threshold(*GARBAGE)
    words = sys.argv[1:]
    plain = understood(words)
    if plain is not None:
        ending.finish(plain.carry_out, words)
    from hrmsops import cli

    words = cli.spelled_out(words)
    ending.finish(lambda: cli.typed(words), words)
