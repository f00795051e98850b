"""Queries about the loans and follow-ups of a member."""
