"""The schema of our own in the HRMS's database."""


def make_schema(ask):
    """The schema of our own; a right to make it is needed only once."""
    if not ask("SELECT to_regnamespace('hrmsops') IS NOT NULL")[0][0]:
        ask("CREATE SCHEMA IF NOT EXISTS hrmsops")
