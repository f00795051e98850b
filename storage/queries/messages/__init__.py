"""Queries about notices, digests and App Homes."""
