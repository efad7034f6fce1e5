"""Steps that stop what works by itself, and let it go on as it was found."""
