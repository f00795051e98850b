"""Buttons: families, each of which declares its acts; one function handles one act."""
