"""What people read when the desk refuses."""
