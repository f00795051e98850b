"""Loans and their borrowers: find, open, correct and list them, and move them to another stage."""
