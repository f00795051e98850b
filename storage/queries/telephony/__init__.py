"""Queries of what the phone system reports."""
