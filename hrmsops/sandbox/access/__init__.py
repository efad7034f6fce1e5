"""Who may do what: tokens, permissions, enabled APIs, and the registry that an image is read in."""
