"""`check --fix`: a migration as it is read in, the texts of safer ones out."""
