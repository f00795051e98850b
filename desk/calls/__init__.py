"""Phone calls: log and correct them, match them to follow-ups, and apply their outcomes."""
