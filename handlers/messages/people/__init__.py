"""Messages about people: asking for access, setting up the desk, members and their settings."""
