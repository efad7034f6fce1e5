"""Durable runs of plans: journal, lease, executor. Generic over its world, knows none."""
