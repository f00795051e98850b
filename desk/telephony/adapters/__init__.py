"""Adapters: what each phone system writes, read into normalised records. Pure functions of what was sent."""
