"""Plans that are no way back: facts in, one plan out."""
