"""Pure rules over values: no clock, no session, no Slack."""
