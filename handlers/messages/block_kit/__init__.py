"""Write Slack messages and modals; translate texts."""
