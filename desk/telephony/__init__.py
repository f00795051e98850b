"""The lender's phone system: its records of calls become calls of loans, and it rings a borrower for an agent."""
