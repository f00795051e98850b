"""Brings what the desk owes to be said into Slack: once, and kept true."""
