"""Cloud Storage's JSON API v1: buckets, and objects with generations."""
