"""Queries about the rights of persons."""
