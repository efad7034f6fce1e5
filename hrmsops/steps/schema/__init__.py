"""Steps that change what the database's tables are."""
