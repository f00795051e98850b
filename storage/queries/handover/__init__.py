"""Queries about what a member holds."""
