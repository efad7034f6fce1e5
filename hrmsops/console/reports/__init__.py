"""Incident reports in the forms that people read."""
