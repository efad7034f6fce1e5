"""The worker: makes the payments that are due, until it is ended."""

from __future__ import annotations

import logging
import time

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from payroll.bank import BankUnreachableError
from payroll.pay import pay_due

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Make the payments that are due, again and again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=5.0, help="Seconds between two looks.")

    def handle(self, *, every: float, **_options: object) -> None:
        while True:
            try:
                if sent := pay_due():
                    log.info("paid", extra={"facts": {"sent": sent}})
            except (DatabaseError, BankUnreachableError) as error:
                # What is due stays due; a worker that a database does not let in must not spin.
                log.warning("not paid", extra={"facts": {"kind": type(error).__name__}})
            close_old_connections()
            time.sleep(every)
