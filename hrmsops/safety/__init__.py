"""Migrations judged before they run: read as syntax, replayed on a picture of the database."""
