"""Queries about case files."""
