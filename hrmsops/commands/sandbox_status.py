"""What there is in a sandbox, a line each."""

from __future__ import annotations

from typing import Any


def status_lines(document: dict[str, Any]) -> list[str]:
    """Services, instances, images and armed faults of `/_sandbox/status`, each kind in columns."""
    kinds = (
        [
            (each["name"], each["uri"] or "never served", _traffic(each))
            for each in document["services"]
        ],
        [
            (each["name"], "worker pool", f"{each['running']} of {each['instances']} instances")
            for each in document["worker_pools"]
        ]
        + [
            (each["name"], kind, each["state"])
            for kind, name in (("scheduler", "schedulers"), ("queue", "queues"))
            for each in document[name]
        ],
        [(each["name"], _place(each), _instance(each)) for each in document["instances"]],
        [("image", reference, "") for reference in document["images"]],
        [(f"fault {each['id']}", each["kind"], _left(each)) for each in document["faults"]],
    )
    return [line for rows in kinds for line in _columns(rows)] or ["Nothing is deployed."]


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    return [f"{a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in rows]


def _place(instance: dict[str, Any]) -> str:
    return f"{instance['host']}:{instance['port']}" if instance["running"] else "stopped"


def _instance(instance: dict[str, Any]) -> str:
    count = instance["backups"]
    return f"{instance['state']}, {count} backup{'s' * (count != 1)}"


def _left(fault: dict[str, Any]) -> str:
    return f"{fault['times']} left"


def _traffic(service: dict[str, Any]) -> str:
    shares = [
        f"{each['percent']} % {each.get('revision', 'latest')}"
        for each in service["trafficStatuses"] or ()
        if each.get("percent")
    ]
    return ", ".join(shares) or "no traffic"
