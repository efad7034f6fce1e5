"""The ways back, one module each: facts in, one plan out."""
