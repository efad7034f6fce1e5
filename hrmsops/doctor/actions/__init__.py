"""What hrmsops does in the cloud, by product: the one table of the permissions that it asks for."""
