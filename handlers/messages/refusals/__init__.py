"""Answers to refusals and failures."""
