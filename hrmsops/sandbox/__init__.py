"""The embedded Google Cloud: Cloud Run over real processes and real PostgreSQL clusters."""
