"""What the functions of a migration do to rows, read from their syntax."""
