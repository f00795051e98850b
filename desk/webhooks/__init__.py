"""Webhooks: the endpoints of the lender's systems, what they get, and what becomes of each delivery."""
