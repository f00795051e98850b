"""What a person may ask about their own data: requests, a copy of it, its erasure."""
