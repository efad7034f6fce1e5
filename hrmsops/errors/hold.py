"""Why a hold is not put on, or does not come off."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class IrrevocableNotAcknowledged(HrmsopsError):
    """Things have left the building that no rollback takes back: bank files, filings, mail.

    Deal with each (tell the bank, correct the filing), then say so by its name. What is
    acknowledged is recorded with who and when; if more of the kind leaves, it is asked about again.
    """

    code = "irrevocable-not-acknowledged"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, items: tuple[tuple[str, str], ...], run: str) -> None:
        flags = " ".join(dict.fromkeys(f"--acknowledge {name}" for name, _sentence in items))
        super().__init__(
            what="What has left the building is not acknowledged.",
            why="; ".join(sentence for _name, sentence in items),
            fix=f"hrmsops resume {run} {flags}" if run else f"Reconcile each, then add {flags}.",
        )

    @classmethod
    def example(cls) -> Self:
        sentence = "bank_files: 3 since 2026-11-23 09:14:00 UTC (BF-7, BF-8, BF-9)"
        return cls(items=(("bank_files", sentence),), run="")


class ItemUnknown(HrmsopsError):
    """`--acknowledge` names something that was not listed. Nothing was acknowledged."""

    code = "item-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Nothing called {name} was listed.",
            why=f"Listed: {', '.join(known) or 'nothing'}.",
            fix="Name one of those with --acknowledge, or leave it out.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="bank_file", known=("bank_files", "mail"))
