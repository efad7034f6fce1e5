"""What there is in a sandbox, a line each."""

from __future__ import annotations

from typing import Any


def status_lines(document: dict[str, Any]) -> list[str]:
    """Services, instances, images and armed faults of `/_sandbox/status`."""
    lines = [f"{each['name']}  {each['uri']}  {_traffic(each)}" for each in document["services"]]
    lines += [
        f"{each['name']}  {each['running']} of {each['instances']} instances"
        for each in document["worker_pools"]
    ]
    lines += [
        f"{each['name']}  {kind}, {each['state']}"
        for kind, name in (("scheduler", "schedulers"), ("queue", "queues"))
        for each in document[name]
    ]
    for each in document["instances"]:
        place = f"{each['host']}:{each['port']}" if each["running"] else "stopped"
        lines.append(f"{each['name']}  {place}  {each['state']}, {each['backups']} backups")
    lines += [f"image {reference}" for reference in document["images"]]
    lines += [
        f"fault {each['id']}: {each['kind']}, {each['times']} left" for each in document["faults"]
    ]
    return lines or ["Nothing is deployed."]


def _traffic(service: dict[str, Any]) -> str:
    shares = [
        f"{each['percent']} % {each.get('revision', 'latest')}"
        for each in service["trafficStatuses"] or ()
        if each.get("percent")
    ]
    return ", ".join(shares) or "no traffic"
