"""Queries about loans and borrowers, and the search index."""
