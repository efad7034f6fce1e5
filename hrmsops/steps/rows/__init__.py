"""Steps that look at rows and at what became of them."""
