"""Tells what the project's models are, and hashes a password as the project would."""
