"""The Slack door: reads what people say, calls one use case, renders what they read."""
