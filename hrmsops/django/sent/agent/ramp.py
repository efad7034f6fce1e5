"""How long an attempt waits for its locks, and how long the next one waits for its turn."""

import random

_FIRST, _GROWTH = 0.1, 1.35


def ramp(longest):
    """How long each attempt waits for its locks: from a tenth of a second to `longest`, twice.

    Whoever comes to the table meanwhile waits behind us for just as long.
    """
    seconds, found = min(_FIRST, longest), []
    while seconds < longest:
        found.append(seconds)
        seconds *= _GROWTH
    return [*found, longest, longest]


def pause_after(waited):
    """Whoever queued up behind us is let through before the next attempt."""
    return max(0.2, waited) * random.uniform(0.8, 1.6)  # noqa: S311 - jitter, not a secret.
