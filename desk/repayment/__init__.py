"""Schedules, payments, promises and pauses: enter them, and what follows from them."""
