"""Going back: what is known, what can be gone back to, and the plan of each kind."""
