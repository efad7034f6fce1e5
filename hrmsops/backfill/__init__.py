"""An installable Django app: rows of large tables changed in batches, each row exactly once."""
