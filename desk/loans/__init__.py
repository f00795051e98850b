"""Loans and their borrowers: find, open, correct and list them, move them to another stage."""
