"""Steps that act on a Cloud SQL instance."""
