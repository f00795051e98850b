"""Statements about webhooks: endpoints, events, deliveries."""
