"""Cloud Run: services, revisions, jobs and executions, behind two of Google's APIs."""
