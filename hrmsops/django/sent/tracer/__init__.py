"""Migrates a scratch database with three rows a table, and looks."""
