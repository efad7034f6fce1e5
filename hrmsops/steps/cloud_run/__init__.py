"""Steps that act on a Cloud Run service."""
