"""Sending webhooks: signatures, requests to addresses that may be asked, rounds of an endpoint."""
