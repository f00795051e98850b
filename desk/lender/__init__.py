"""What the lender's own systems report through the API, and what they read."""
