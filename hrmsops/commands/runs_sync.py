"""`hrmsops runs sync`: what was kept on this machine follows to the record that all share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.commands import options

if TYPE_CHECKING:
    from hrmsops.engine.aside import Aside


def sync(json: options.Json = False, config_path: options.ConfigPath = None) -> None:
    """Bring over the record of runs that was kept here while its bucket gave no answer."""
    from hrmsops.commands.recording import follow_all
    from hrmsops.commands.records import here, worlds
    from hrmsops.console import output
    from hrmsops.engine.aside import waiting

    followed = [run for world in worlds(config_path, json=json) for run in follow_all(world)]
    left = waiting(here().store)
    if json:
        rest = [{"run": each.run, "store": each.store} for each in left]
        output.write_json("sync", {"followed": followed, "waiting": rest})
        return
    for run in followed:
        output.result(f"The record of run {run} has followed.", style="good")
    for each in left:
        output.say(_why(each), style="warning")
    if not followed and not left:
        output.result("Nothing waits here: every record is where it belongs.")


def _why(mark: Aside) -> str:
    return (
        f"Run {mark.run} waits for {mark.store}: it goes on, or no environment of this"
        " configuration has that store."
    )
