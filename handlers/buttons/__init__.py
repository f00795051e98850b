"""Buttons: one module per family; each function handles one press."""
