"""Reassign loans and follow-ups from one member to another."""
