"""Migrations run against real clusters, with real Django projects and real agents."""
