"""Cloud Scheduler and Cloud Tasks in the sandbox: what calls the services by itself."""
