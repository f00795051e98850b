"""Deliver notices to Slack, each once, and keep them up to date."""
