"""What the desk sends without being asked: notices, reminders, digests, the App Home."""
