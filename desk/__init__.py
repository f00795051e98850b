"""What the desk does: use cases and the rules they obey. Knows nothing of Slack."""
