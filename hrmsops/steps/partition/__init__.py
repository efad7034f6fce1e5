"""Steps that partition a table in use, keep it up, and take that back."""
