"""Queries about repeated deliveries, changes that can be undone, recent acts, drafts, and rows by id."""
