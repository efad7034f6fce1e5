"""One module a check: each has a CHECK, and nothing of it is anywhere else."""
