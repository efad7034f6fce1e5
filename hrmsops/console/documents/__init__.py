"""What `--json` writes, field by field: the types of its documents, and so their schemas.

The page of a kind and its JSON Schema are made of these (docs/reference_json.py), and every test
that reads a document holds it against the schema. Where a document is a record of its own, such
as a status, that record is its type.
"""
