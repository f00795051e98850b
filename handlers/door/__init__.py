"""Where Slack's requests come in: identify the sender, run one handler in one transaction, answer."""
