"""The way to a database that has no address here: a temporary service of the run, inside."""
