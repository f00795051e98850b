"""Queries about follow-ups."""
