"""Secret Manager v1 of the sandbox: secrets, their versions, and what a version holds."""
