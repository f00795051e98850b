"""Follow-ups: plan, assign, move, finish and list them; those that a rule plans."""
