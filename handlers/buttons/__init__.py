"""Buttons: one module per family, which declares its presses; each function handles one."""
