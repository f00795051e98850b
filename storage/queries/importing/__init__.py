"""Queries of the import."""
