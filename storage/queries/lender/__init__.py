"""Queries for what the lender's own systems report and read."""
