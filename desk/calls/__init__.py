"""Phone calls: log and correct them, find the follow-up they answer, and decide what comes next."""
