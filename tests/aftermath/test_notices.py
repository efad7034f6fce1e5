"""Webhooks are told of a run, and nobody waits for them."""

from __future__ import annotations

import os
import socket
import time

from tests.aftermath.conftest import Hook, notify
from tests.rollback.production import Production


def test_a_webhook_hears_of_the_begin_and_of_the_end(production: Production, hook: Hook) -> None:
    notify(production, hook.url)
    run = production.rollback().document["run"]
    assert len(hook.texts) == 2
    assert f"(run {run}) was begun by" in hook.texts[0]
    assert "Reason: Error spike" in hook.texts[0]
    assert "is done" in hook.texts[1]


def test_what_a_webhook_did_not_take_is_told_by_the_next_run(
    production: Production, hook: Hook
) -> None:
    notify(production, hook.url)
    hook.status = 503
    first = production.rollback().document
    assert (first["outcome"], hook.texts) == ("done", [])
    items = production.hrmsops("checklist", first["run"], "--json").document["items"]
    [notified] = [each for each in items if each["item"] == "notified"]
    assert notified["state"] == "open"
    assert "HTTP 503" in notified["evidence"][0]

    hook.status = 200
    production.hrmsops("mark-good", "-e", "production", "--yes", "--json")

    assert sum(first["run"] in text for text in hook.texts) == 2
    items = production.hrmsops("checklist", first["run"], "--json").document["items"]
    assert {each["item"]: each["state"] for each in items}["notified"] == "done"


def test_a_failure_is_told_with_what_happened(production: Production, hook: Hook) -> None:
    notify(production, hook.url)
    production.client.arm(kind="error", method="PATCH", code=403, times=9)
    ended = production.rollback()
    assert ended.code == 9, ended.out
    assert "failed, nothing remains changed." in hook.texts[-1]


def test_a_webhook_that_never_answers_holds_nobody_up(production: Production) -> None:
    began = time.monotonic()
    plain = production.rollback("--dry-run")
    usual = time.monotonic() - began
    assert plain.code == 0
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        notify(production, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        began = time.monotonic()
        ended = production.rollback()
        took = time.monotonic() - began
    assert ended.code == 0, ended.out
    assert took < usual + 20


def test_the_webhook_s_address_is_in_no_record(production: Production, hook: Hook) -> None:
    notify(production, hook.url)
    hook.status = 500
    production.rollback()
    kept = [
        (production.folder / "state" / "records" / folder / file).read_bytes()
        for folder, _, files in os.walk(production.folder / "state" / "records")
        for file in files
    ]
    assert any(b"HTTP 500" in each for each in kept)
    assert not any(b"a-secret-token" in each for each in kept)
