"""What stands before each instance on port 3307: Cloud SQL's side of its connectors and proxies."""
