"""Check, run and roll back deploys of a Django application on Cloud Run and Cloud SQL."""

__version__ = "0.1.0"
