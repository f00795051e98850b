"""The case file of a loan: everything that the desk knows of it, for a dispute, in one signed archive."""
