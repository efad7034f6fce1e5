"""Cloud Monitoring, as far as the requests of Cloud Run's revisions are concerned."""
